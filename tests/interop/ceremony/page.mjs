// Owns: the checks of the ceremony's page in Chromium. Called with the page's address, the browser, a folder for pictures and who takes
// part. Says "hand in" when the holder of the turn shall hand in, and "ok all" at the end.

import { faultsOf } from "../dashboard/accessibility.mjs";
import { eventually, open, require } from "../dashboard/browser.mjs";

const [address, executable, pictures, given] = process.argv.slice(2);
const people = JSON.parse(given);
const browser = await open(executable, [address], pictures);

async function ready(page) {
  await eventually("the ceremony is shown", async () => (await page.locator("h1").innerText()) === "Keys of an example" && page.locator("#people tbody tr").first().isVisible());
}

try {
  for (const [scheme, width] of [["light", 1280], ["dark", 1280], ["light", 360], ["dark", 320]]) {
    const page = await browser.page({ width, scheme });
    await page.goto(address);
    await ready(page);
    const text = await page.locator("body").innerText();
    for (const word of ["Ada Lovelace", "Ben", people.holder, people.hostile, "chain-bn254", "chain-bls12-381", "shut out at", "in the transcript already",
      "2 of at least 3", "https://ceremony.example:7430", "zkps ceremony join", "zkps ceremony verify", "snarkjs zkey verify", "a coin of this test", "<b>marks</b>"]) {
      require(text.includes(word), `it does not say '${word}':\n${text}`);
    }
    require(await page.locator("main img, main b, main script").count() === 0, "a stranger's words became an element");
    const closed = await faultsOf(page);
    require(closed.length === 0, `${scheme} ${width}:\n${closed.join("\n")}`);
    await page.locator("details summary").first().click();
    await eventually("a hash is shown whole", async () => /^([0-9a-f]{8}[ \n]?){16}$/.test((await page.locator("details[open] pre").first().innerText()).trim()));
    const opened = await faultsOf(page);
    require(opened.length === 0, `${scheme} ${width}, opened:\n${opened.join("\n")}`);
    await page.shoot("ceremony");
    await page.context().close();
  }

  const page = await browser.page({ width: 1280, scheme: "light" });
  await page.goto(address);
  await ready(page);
  await page.evaluate(() => (window.isSamePage = true));
  await page.locator("details summary").first().click();
  require(/Now\s+Grace/.test(await page.locator("#circuits").innerText()), "it does not say who contributes now");
  console.log("hand in");
  await eventually("the new contribution is there, and the ceremony closed", async () => {
    const text = await page.locator("body").innerText();
    return text.includes("3 of at least 3") && text.includes("Closed: waits for the beacon") && text.includes("takes no participants any more");
  });
  require(await page.locator("details[open]").count() === 1, "what was opened did not stay open");
  require(await page.evaluate(() => window.isSamePage), "the page was loaded again");
  await page.keyboard.press("Tab");
  const wrong = await faultsOf(page);
  require(wrong.length === 0, wrong.join("\n"));
  await page.shoot("ceremony-closed");

  // The link to an attestation leads to plain text.
  await page.getByRole("link", { name: "Attestation of Ben" }).click();
  await eventually("the attestation is shown", async () => (await page.locator("body").innerText()).includes("I, Ben, contributed"));
  require(browser.faults.length === 0, browser.faults.join("\n"));
  console.log("ok all");
} finally {
  await browser.close();
}
