// Owns: one Chromium and pages that are watched: whatever a page complains of, asks of others, or is refused by its policy is a fault.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

export async function open(executablePath, addresses, pictures) {
  await mkdir(pictures, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
  const faults = [];
  const expected = [];
  return {
    faults,
    /** Lets a complaint pass that the test itself causes. */
    expect: (pattern) => expected.push(pattern),
    async page({ width, height = 900, scheme }) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: "reduce", acceptDownloads: true });
      await context.addInitScript(() => {
        addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
      });
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      const fault = (what) => {
        const text = `${scheme} ${width} ${page.url()}: ${what}`;
        return expected.some((pattern) => pattern.test(text)) || faults.push(text);
      };
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && fault(`console: ${message.text()}`));
      page.on("pageerror", (error) => fault(`error: ${error.message}`));
      page.on("request", (request) => addresses.some((address) => request.url().startsWith(address)) || /^(blob|data):/.test(request.url()) || fault(`asked another: ${request.url()}`));
      page.shoot = (name) => page.screenshot({ path: join(pictures, `${name}-${scheme}-${width}.png`), fullPage: true });
      return page;
    },
    close: () => browser.close(),
  };
}

/** Calls until there is no error, for as long as a slow machine may need. */
export async function eventually(what, check, limit = 30_000) {
  const end = Date.now() + limit;
  while (true) {
    try {
      const value = await check();
      if (value) {
        return value;
      }
      throw new Error("not yet");
    } catch (error) {
      if (Date.now() > end) {
        throw new Error(`${what}: ${error.message}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  }
}

export function require(condition, what) {
  if (!condition) {
    throw new Error(what);
  }
}
