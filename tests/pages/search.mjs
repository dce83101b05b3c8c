// Types words into the search of a directory page and reports, as JSON, what is left to be seen.
//
//   node search.mjs CHROMIUM PAGE.html WORDS...
//
// The page runs under its own security policy; first it is looked at without any program.

import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, path, ...searches] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const shown = (page) => page.locator(".systems a:visible").allInnerTexts();

try {
  const still = await browser.newPage({ javaScriptEnabled: false });
  await still.goto(pathToFileURL(path).href);
  const withoutProgram = { field: await still.locator("#wanted").isVisible(), shown: await shown(still) };
  const page = await browser.newPage();
  await page.goto(pathToFileURL(path).href);
  const found = [];
  for (const words of searches) {
    await page.fill("#wanted", words);
    found.push({
      shown: await shown(page),
      regions: await page.locator(".region:visible").count(),
      said: await page.locator("#found").innerText(),
    });
  }
  console.log(JSON.stringify({ withoutProgram, searches: found }));
} finally {
  await browser.close();
}
