// Pictures of pages for a person to look at: wide and narrow, light and dark, and as printed.
//
//   node shots.mjs CHROMIUM FOLDER PAGE.html...

import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, folder, ...pages] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  for (const path of pages) {
    const name = join(folder, basename(path, ".html"));
    for (const [width, colorScheme] of [[1280, "light"], [1280, "dark"], [400, "light"]]) {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      await page.goto(pathToFileURL(path).href);
      await page.screenshot({ path: `${name}-${width}-${colorScheme}.png`, fullPage: true });
      if (width === 1280 && colorScheme === "light") await page.pdf({ path: `${name}.pdf`, preferCSSPageSize: true });
      await page.close();
    }
  }
} finally {
  await browser.close();
}
