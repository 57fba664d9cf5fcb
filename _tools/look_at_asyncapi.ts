/**
 * Looks at the pages of AsyncAPI documents as a reader does, in a headless Chromium without a network: `deno run -A _tools/look_at_asyncapi.ts [FOLDER [NAME]]`.
 *
 * Each document is opened wide and narrow, in light and in dark; its places are gone to, folded, reached by keys and printed, and axe looks for what keeps people out. Pictures go into FOLDER. It is no part of CI: it needs a browser, and eyes.
 *
 * @module
 */
import { asyncApiDocument, asyncApiHtml } from "@ruststream/asyncapi";
import type { RustStream } from "@ruststream/core";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { BrowserPage } from "./browser.ts";

const axeFile = new URL(
  "../asyncapi/node_modules/axe-core/axe.min.js",
  import.meta.url,
);

/** What is looked at, by address: it is nobody's to import. */
const hrefOf = (path: string): string => new URL(path, import.meta.url).href;

async function documents(): Promise<Readonly<Record<string, unknown>>> {
  const { app } = await import(hrefOf("../examples/orders/app.ts")) as {
    readonly app: RustStream;
  };
  const { lawfulDocument } = await import(
    hrefOf("../asyncapi/lint/lawful_document_test.ts")
  ) as { readonly lawfulDocument: () => unknown };
  const { documentOf, hostileDocument } = await import(
    hrefOf("../asyncapi/view/documents_test.ts")
  ) as {
    readonly documentOf: (channels: number) => unknown;
    readonly hostileDocument: () => unknown;
  };
  return {
    orders: asyncApiDocument(app).document,
    all: lawfulDocument(),
    three: documentOf(3),
    hundred: documentOf(100),
    hostile: hostileDocument(),
  };
}

const looks = [
  ["light", 1200, 900, "light"],
  ["dark", 1200, 900, "dark"],
  ["narrow", 360, 740, "light"],
  ["narrow-dark", 360, 740, "dark"],
] as const;

/** Says what is wrong with an address in the page: it leads nowhere, or to what is not seen. */
const goTo = `async (anchor) => {
  location.hash = anchor;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const target = document.querySelector(":target");
  if (target === null) return anchor + " leads nowhere";
  const { top, height } = target.getBoundingClientRect();
  const isAtEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
  if (height === 0) return anchor + " is not seen";
  return top >= -1 && (top < innerHeight / 2 || isAtEnd) ? null : anchor + " is at " + top;
}`;

async function seeAddresses(page: BrowserPage): Promise<readonly string[]> {
  return await page.evaluate<readonly string[]>(`(async () => {
    const go = ${goTo};
    history.replaceState(null, "", " ");
    const anchors = new Set([...document.querySelectorAll('a[href^="#"]')].map((one) => one.getAttribute("href")));
    const wrong = [];
    for (const anchor of anchors) {
      const said = await go(anchor);
      if (said !== null) wrong.push(said);
    }
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    for (const [at, id] of ids.entries()) if (ids.indexOf(id) !== at) wrong.push("#" + id + " is there twice");
    history.replaceState(null, "", " ");
    scrollTo(0, 0);
    return anchors.size === 0 ? ["there are no addresses"] : wrong;
  })()`);
}

/** Folds all that can be folded, looks at it on paper, and unfolds it. */
async function seeFolding(
  page: BrowserPage,
  width: number,
): Promise<readonly string[]> {
  const folded = await page.evaluate<readonly string[]>(`(() => {
    const wrong = [];
    for (const one of document.querySelectorAll("main details")) {
      const was = one.open;
      one.querySelector("summary").click();
      if (one.open === was) wrong.push("a fold does not move: " + one.id);
      one.open = false;
    }
    return wrong;
  })()`);
  await page.look(width, 900, "light", "print");
  const printed = await page.evaluate<readonly string[]>(`(async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const hidden = [...document.querySelectorAll("main details > :not(summary)")]
      .filter((one) => !one.checkVisibility({ contentVisibilityAuto: true }) || one.getBoundingClientRect().height === 0);
    const nav = document.querySelector("nav").getBoundingClientRect().height;
    return [
      ...hidden.slice(0, 3).map((one) => "not printed: " + one.outerHTML.slice(0, 80)),
      ...nav > 0 ? ["the contents are printed"] : [],
    ];
  })()`);
  await page.evaluate(
    `for (const one of document.querySelectorAll("main .item")) one.open = true`,
  );
  return [...folded, ...printed];
}

/** Goes by keys: first past the contents, then into them, then folds. */
async function seeKeys(page: BrowserPage): Promise<readonly string[]> {
  const at = (): Promise<string> =>
    page.evaluate<string>(
      "document.activeElement.className || document.activeElement.tagName + ' ' + document.activeElement.id",
    );
  await page.evaluate(
    "scrollTo(0, 0); document.activeElement.blur(); getSelection().removeAllRanges()",
  );
  await page.press("Tab");
  const first = await at();
  await page.press("Enter", "\r");
  const then = await at();
  const links = await page.evaluate<boolean>(
    "document.querySelector('nav summary').checkVisibility() || (document.querySelector('nav a').focus(), document.activeElement.matches('nav a'))",
  );
  await page.evaluate("document.querySelector('main .item summary').focus()");
  const before = await page.evaluate<boolean>(
    "document.querySelector('main .item').open",
  );
  await page.press("Enter", "\r");
  const after = await page.evaluate<boolean>(
    "document.querySelector('main .item').open",
  );
  await page.press("Enter", "\r");
  return [
    ...first === "skip" ? [] : [`Tab leads to "${first}"`],
    ...then === "MAIN main"
      ? []
      : [`the way past the contents leads to "${then}"`],
    ...links ? [] : ["no key leads into the contents"],
    ...before !== after ? [] : ["Enter does not fold"],
  ];
}

async function seeByAxe(
  page: BrowserPage,
  axe: string,
): Promise<readonly string[]> {
  await page.evaluate(`${axe}; undefined`);
  return await page.evaluate<readonly string[]>(`(async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, impact, help, nodes }) =>
      "axe: " + impact + " " + id + ": " + help + " (" + nodes.length + ": " + nodes[0].html.slice(0, 120) + ")");
  })()`);
}

async function seeWidth(page: BrowserPage): Promise<readonly string[]> {
  const [wide, seen] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollWidth, innerWidth]",
  );
  return wide <= seen ? [] : [`it is ${wide} wide on ${seen}`];
}

async function seePage(
  page: BrowserPage,
  name: string,
  folder: string,
  axe: string,
): Promise<readonly string[]> {
  const url = pathToFileURL(join(folder, `${name}.html`)).href;
  const found: string[] = [];
  for (const [look, width, height, scheme] of looks) {
    await page.look(width, height, scheme);
    await page.open(url);
    const picture = await page.picture();
    await writeFile(join(folder, `${name}-${look}.png`), picture);
    const parts = [
      await seeKeys(page),
      await seeWidth(page),
      await seeByAxe(page, axe),
      await seeAddresses(page),
      await seeFolding(page, width),
      page.troubles,
      page.requests.filter((one) =>
        !one.startsWith(url) && !one.startsWith("data:")
      ),
    ];
    found.push(...parts.flat().map((one) => `${name}, ${look}: ${one}`));
  }
  return found;
}

async function main([given, only]: readonly string[]): Promise<number> {
  const folder = given ?? await mkdtemp(join(tmpdir(), "asyncapi-pages-"));
  await mkdir(folder, { recursive: true });
  const axe = await readFile(axeFile, "utf8");
  const found: string[] = [];
  await using page = await BrowserPage.start();
  for (const [name, document] of Object.entries(await documents())) {
    if (only !== undefined && name !== only) continue;
    const html = asyncApiHtml(document, { links: { JSON: "asyncapi.json" } });
    await writeFile(join(folder, `${name}.html`), html);
    const there = await seePage(page, name, folder, axe);
    process.stdout.write(
      `${name}: ${html.length} letters, ${there.length} troubles\n`,
    );
    found.push(...there);
  }
  for (const one of found) process.stdout.write(`${one}\n`);
  process.stdout.write(`pictures: ${folder}\n`);
  return found.length > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
