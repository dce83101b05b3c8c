// Loads pages in headless Chromium and reports, as JSON on standard output, what axe-core finds
// wrong with each and what each asked for.
//
//   node check.mjs CHROMIUM PAGE.html...
//
// Per page and colour scheme: axe violations (WCAG 2.2 AA and axe's best practices), every
// request, errors of the console, the global that injected scripts try to set (with the page's
// security policy and without), by how many pixels it is wider than a narrow screen, and how
// many sheets of paper it takes.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = {
  light: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
  dark: { type: "rule", values: ["color-contrast", "link-in-text-block"] },  // all that colours change
};
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const [executablePath, ...pages] = process.argv.slice(2);

async function check(browser, path, colorScheme) {
  // The policy is the page's own; axe, which is not part of the page, has to get past it.
  const context = await browser.newContext({ bypassCSP: true, colorScheme, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(pathToFileURL(path).href);
  await page.waitForTimeout(50);
  const hitWithoutPolicy = await page.evaluate(() => window.hit ?? null);
  await page.evaluate(() => {  // axe skips what is folded away
    document.querySelectorAll("details").forEach((folded) => { folded.open = true; });
    document.querySelectorAll("#show-code").forEach((box) => { box.checked = true; });
  });
  await page.addScriptTag({ content: axe });
  const found = await page.evaluate((rules) => axe.run({ runOnly: rules }), RULES[colorScheme]);
  const violations = found.violations.map(({ id, impact, nodes }) => (
    { id, impact, nodes: nodes.map((node) => node.html.slice(0, 160)) }));
  await context.close();
  return { page: path, colorScheme, violations, passes: found.passes.length, hitWithoutPolicy, ...await load(browser, path, colorScheme) };
}

async function load(browser, path, colorScheme) {
  const context = await browser.newContext({ colorScheme, viewport: { width: 400, height: 800 } });
  const page = await context.newPage();
  const requests = [], errors = [];
  page.on("request", (request) => requests.push(request.url().slice(0, 200)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("dialog", (dialog) => { errors.push("a dialog"); dialog.dismiss(); });
  await page.goto(pathToFileURL(path).href);
  await page.waitForTimeout(50);
  const hit = await page.evaluate(() => window.hit ?? null);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
  const printed = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  await context.close();
  return { printed, requests: requests.filter((url) => !url.startsWith("data:")), errors, hit, overflow };
}

const browser = await chromium.launch({ executablePath, args: FLAGS });
try {
  const reports = [];
  for (const path of pages) {
    for (const scheme of ["light", "dark"]) reports.push(await check(browser, path, scheme));
  }
  console.log(JSON.stringify(reports, null, 1));
} finally {
  await browser.close();
}
