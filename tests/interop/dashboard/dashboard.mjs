// Owns: the checks of the dashboard in Chromium. Called with the service's address, the browser, a folder for pictures and the jobs that are
// there. Prints a line a check, and "ok all" at the end.

import { readFile } from "node:fs/promises";
import { faultsOf } from "./accessibility.mjs";
import { eventually, open, require } from "./browser.mjs";

const [address, executable, pictures, given] = process.argv.slice(2);
const jobs = JSON.parse(given);
const browser = await open(executable, [address, jobs.secured], pictures);

// Chromium tells of every answer that is an error; these are asked for.
browser.expect(/%3Cimg%20src%3Dx%3E: console: .*status of 400/);
browser.expect(/console: .*status of 401/);

const views = [
  { name: "overview", hash: "#/", title: "Overview", ready: ".tiles dd", says: ["Queued", "Workers", "Input invalid"] },
  { name: "jobs", hash: "#/jobs", title: "Jobs", ready: "tbody tr", says: ["Done", "Failed", "Cancelled", "Queued", "Proving"] },
  { name: "job-done", hash: `#/jobs/${jobs.done}`, title: "Job", ready: ".gantt", says: ["Done", "payment-17", "team=settlement", "Valid"] },
  { name: "job-failed", hash: `#/jobs/${jobs.failed}`, title: "Job", ready: ".notice.bad", says: ["Input invalid"] },
  { name: "job-running", hash: `#/jobs/${jobs.running}`, title: "Job", ready: ".gantt", says: ["Proving", "Cancel job", "test/1"] },
  { name: "circuits", hash: "#/circuits", title: "Circuits", ready: "tbody tr", says: ["multiplication-chain-20", "<b>marks</b>", "Keys in memory"] },
  { name: "circuit", hash: `#/circuits/${jobs.circuit}`, title: "multiplication-chain-20", ready: "pre", says: ["start", "Solidity verifier", "Load into memory", "BN254"] },
  { name: "workers", hash: "#/workers", title: "Workers", ready: "tbody tr", says: ["prover-1", "avx512", "64.0 GiB"] },
  { name: "verify", hash: "#/verify", title: "Verify a proof", ready: ".drop", says: ["Choose files", "Circuit"] },
];

/** Shows a view without loading the page again, and waits until it is there. */
async function go(page, view) {
  await page.evaluate((hash) => (location.hash = hash), view.hash);
  await eventually(`${view.name} is shown`, async () => (await page.locator("h1").innerText()).startsWith(view.title) && page.locator(view.ready).first().isVisible());
}

async function rest(method, path, body) {
  const response = await fetch(new URL(path, address), { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) });
  require(response.ok, `${path}: ${response.status}`);
  return response.json();
}

const checks = {
  async "every view at every width in both themes"() {
    const through = async (scheme, width) => {
      const page = await browser.page({ width, scheme });
      await page.goto(address);
      for (const view of views) {
        await go(page, view);
        await eventually(`${view.name} is complete`, async () => {
          const text = await page.locator("body").innerText();
          const missing = width === 1280 && view.says.find((word) => !text.includes(word));
          require(!missing, `it does not say '${missing}':\n${text}`);
          return !(await page.locator("main[aria-busy]").count());
        });
        const wrong = await faultsOf(page);
        require(wrong.length === 0, `${view.name}, ${scheme}, ${width}:\n${wrong.join("\n")}`);
        if (width !== 320 && (width === 1280 || scheme === "light")) {
          await page.shoot(view.name);
        }
      }
      await page.context().close();
    };
    await Promise.all([
      through("light", 1280).then(() => through("light", 320)),
      through("dark", 1280),
      through("light", 360).then(() => through("dark", 360)),
    ]);
  },

  async "the keyboard reaches every view, and the focus follows"() {
    const page = await browser.page({ width: 1280, scheme: "light" });
    await page.goto(address);
    await page.locator(views[0].ready).first().waitFor();
    await page.keyboard.press("Tab");
    require(await page.evaluate(() => document.activeElement.className) === "skip", "the first Tab does not reach the link that skips the header");
    for (const title of ["Jobs", "Circuits", "Workers", "Verify a proof", "Overview"]) {
      const link = page.locator("nav[aria-label=Views] a", { hasText: title.split(" ")[0] });
      await page.evaluate(() => document.querySelector(".brand").focus());
      for (let i = 0; i < 8 && !await link.evaluate((element) => element === document.activeElement); i++) {
        await page.keyboard.press("Tab");
      }
      await page.keyboard.press("Enter");
      await eventually(`${title} has the focus`, () => page.evaluate((text) => document.activeElement.matches("h1") && document.activeElement.textContent === text && document.title.startsWith(text), title));
      require(await link.getAttribute("aria-current") === "page", `${title} is not marked as the present view`);
    }
    await go(page, views[1]);
    await page.locator("tbody a").first().focus();
    await page.keyboard.press("Enter");
    await eventually("a job is opened by keyboard", () => page.evaluate(() => document.activeElement.textContent.startsWith("Job ")));
    await page.goBack();
    await eventually("back leads back", async () => (await page.locator("h1").innerText()) === "Jobs");
    await page.context().close();
  },

  async "what happens arrives without a reload"() {
    const page = await browser.page({ width: 1280, scheme: "light" });
    await page.goto(address);
    await go(page, views[0]);
    const queued = async () => Number(await page.locator(".tiles > div", { hasText: "Queued" }).locator("dd").evaluate((dd) => dd.firstChild.data));
    const before = await queued();
    await page.evaluate(() => (window.isSamePage = true));
    const { id } = await rest("POST", "v1/jobs", { circuit: jobs.circuit, inputs: jobs.inputs, options: { labels: { origin: "browser" } } });
    await eventually("the tile counts the new job", async () => (await queued()) === before + 1);
    await go(page, views[1]);
    const second = await rest("POST", "v1/jobs", { circuit: jobs.circuit, inputs: jobs.inputs });
    await eventually("the new job is in the list", () => page.locator(`a[href="#/jobs/${second.id}"]`).isVisible());
    await page.locator(`a[href="#/jobs/${second.id}"]`).focus();
    await rest("POST", `v1/jobs/${second.id}:cancel`, {});
    await eventually("the list shows that it is cancelled", async () => (await page.locator("tr", { has: page.locator(`a[href="#/jobs/${second.id}"]`) }).innerText()).includes("Cancelled"));
    require(await page.evaluate(() => document.activeElement.matches("tbody a")), "the focus was lost when the row changed");

    await go(page, { hash: `#/jobs/${id}`, title: "Job", ready: "text=Cancel job", name: "the new job" });
    await page.getByRole("button", { name: "Cancel job" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Keep" }).click();
    require((await rest("GET", `v1/jobs/${id}`)).state === "JOB_STATE_QUEUED", "it was cancelled without a yes");
    await page.getByRole("button", { name: "Cancel job" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel job" }).click();
    await eventually("the job is shown as cancelled", async () => (await page.locator(".head .state").innerText()) === "Cancelled");
    require(await page.evaluate(() => window.isSamePage), "the page was loaded again");
    await page.context().close();
  },

  async "filters are in the address and find what they say"() {
    const page = await browser.page({ width: 1280, scheme: "light" });
    await page.goto(`${address}#/jobs`);
    await page.getByLabel("State").selectOption({ label: "Failed" });
    await eventually("only the failed job is there", async () => page.url().includes("state=JOB_STATE_FAILED") && (await page.locator("tbody tr").count()) === 1);
    await page.getByRole("link", { name: "Clear" }).click();
    await eventually("the filter is gone", async () => !page.url().includes("?") && (await page.locator("tbody tr").count()) > 5);
    await page.getByLabel("Label").fill("nonsense");
    await page.getByLabel("Label").press("Enter");
    await eventually("a wrong label is explained", async () => (await page.locator("#label-wrong").innerText()) === "Write name=value.");
    await page.getByLabel("Label").fill("team=settlement");
    await page.getByLabel("Label").press("Enter");
    await eventually("the labelled job is found", async () => (await page.locator("tbody tr").count()) === 1);
    await page.context().close();
  },

  async "hostile texts are shown as texts"() {
    const page = await browser.page({ width: 1280, scheme: "light" });
    for (const hash of ["#/jobs", `#/jobs/${jobs.queued}`]) {
      await page.goto(`${address}${hash}`);
      await eventually("the label is there", async () => (await page.locator("main").innerText()).includes(jobs.hostile));
      require(await page.locator("main img, main script").count() === 0, "a label became an element");
    }
    require(!(await page.title()).includes("taken"), "a label ran as a script");
    await page.goto(`${address}#/jobs/${encodeURIComponent("<img src=x>")}`);
    await page.getByRole("alert").waitFor();
    await page.context().close();
  },

  async "proofs are verified by drop, choice and paste"() {
    const proof = await rest("GET", `v1/jobs/${jobs.done}/proof`);
    const key = await rest("GET", `v1/circuits/${jobs.circuit}/verification-key`);
    const page = await browser.page({ width: 1280, scheme: "light" });
    await page.goto(`${address}#/verify`);
    await page.locator(".drop").waitFor();
    const drop = async (files) => {
      const transfer = await page.evaluateHandle((list) => {
        const data = new DataTransfer();
        list.forEach(([name, text]) => data.items.add(new File([text], name)));
        return data;
      }, Object.entries(files));
      await page.dispatchEvent(".drop", "drop", { dataTransfer: transfer });
    };
    const verdict = async (expected, shot) => {
      await page.getByRole("button", { name: "Verify", exact: true }).click();
      await eventually(`the verdict is ${expected}`, async () => (await page.locator(".verdict strong").innerText()) === expected);
      if (shot) {
        await page.shoot(shot);
      }
    };
    const taken = (text) => eventually(`${text} is told`, async () => (await page.locator("[role=alert], .wrong").allInnerTexts()).join(" ").includes(text));

    await drop({ "a.json": proof.snarkjsProof, "b.json": proof.snarkjsPublic });
    await eventually("both files are in their places", async () => (await page.getByLabel("Proof", { exact: true }).inputValue()).includes("pi_a") && (await page.getByLabel("Public inputs").inputValue()).startsWith("["));
    await page.getByLabel("Circuit", { exact: true }).selectOption(jobs.circuit);
    await verdict("Valid", "verify-valid");
    const other = JSON.parse(proof.snarkjsPublic);
    other[0] = String(BigInt(other[0]) + 1n);
    await page.getByLabel("Public inputs").fill(JSON.stringify(other));
    await verdict("Not valid", "verify-invalid");
    const broken = JSON.parse(proof.snarkjsProof);
    broken.pi_a[0] = "1";
    await page.getByLabel("Proof", { exact: true }).fill(JSON.stringify(broken));
    await verdict("Cannot be read", "verify-malformed");

    await drop({ "public.json": proof.snarkjsPublic, "proof.json": proof.snarkjsProof, "verification_key.json": key.json });
    await eventually("the key of one's own is chosen", () => page.getByLabel("a key of your own").isChecked());
    await verdict("Valid");
    await drop({ "garbage.zkey": "\u0000\u0001zkey", "package.json": "{\"name\": \"x\"}" });
    await taken("garbage.zkey is not JSON");
    await taken("package.json is neither a proof");
    await page.getByLabel("Proof", { exact: true }).fill(proof.snarkjsPublic);
    await taken("This is a public.json; it belongs under Public inputs.");
    require((await faultsOf(page)).length === 0, "the messages are not accessible");
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByRole("button", { name: "Verify", exact: true }).click();
    await taken("proof.json is missing");
    await page.locator("input[type=file]").setInputFiles([{ name: "p.json", mimeType: "application/json", buffer: Buffer.from(proof.snarkjsProof) }]);
    await eventually("a chosen file is taken", async () => (await page.getByLabel("Proof", { exact: true }).inputValue()).includes("pi_a"));
    await page.context().close();
  },

  async "downloads are what the service says"() {
    const proof = await rest("GET", `v1/jobs/${jobs.done}/proof`);
    const page = await browser.page({ width: 1280, scheme: "light" });
    const fetchOf = async (name) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
      return readFile(await download.path());
    };
    await page.goto(`${address}#/jobs/${jobs.done}`);
    require((await fetchOf("proof.json")).toString() === proof.snarkjsProof, "proof.json is another");
    require((await fetchOf("public.json")).toString() === proof.snarkjsPublic, "public.json is another");
    require((await fetchOf("Compressed")).toString("base64") === proof.compressed, "the compressed proof is another");
    require((await fetchOf("Solidity call data")).toString() === proof.solidityCalldata, "the call data is another");
    await page.goto(`${address}#/circuits/${jobs.circuit}`);
    require((await fetchOf("verification_key.json")).toString().includes("vk_alpha_1"), "the verification key is none");
    require((await fetchOf("Solidity verifier")).toString().includes("contract"), "the contract is none");
    await page.context().close();
  },

  async "the theme is chosen and kept"() {
    const page = await browser.page({ width: 1280, scheme: "light" });
    await page.goto(address);
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.getByRole("button", { name: /Theme/ }).click();
    await page.getByRole("button", { name: /Theme/ }).click();
    const dark = await ground();
    require(light !== dark, "the button changes nothing");
    await page.reload();
    require(await ground() === dark, "the choice was lost");
    await page.context().close();
  },

  async "a key is asked for, kept for the tab alone, and refused ones are explained"() {
    const page = await browser.page({ width: 1280, scheme: "light" });
    await page.goto(`${jobs.secured}#/circuits`);
    const field = page.getByLabel("API key or token");
    await field.waitFor();
    require(await field.evaluate((element) => element === document.activeElement), "the field for the key has no focus");
    await page.shoot("sign-in");
    require((await faultsOf(page)).length === 0, "the question for a key is not accessible");
    await field.fill("zkps_not-a-key");
    await field.press("Enter");
    await eventually("the refusal is told", async () => (await page.getByRole("alert").innerText()).length > 10);
    await page.getByLabel("API key or token").fill(jobs.readKey);
    await page.getByRole("button", { name: "Sign in" }).click();
    await eventually("the view that was asked for is shown", async () => (await page.locator("h1").innerText()) === "Circuits");
    await eventually("the stream is there", async () => (await page.locator("#live-text").innerText()) === "Live");
    await page.getByRole("link", { name: "multiplication-chain-14" }).click();
    await page.getByText("Key in memory").waitFor();
    require(await page.getByRole("button", { name: "Retire" }).count() === 0, "one who may only read is offered to retire a circuit");
    const kept = await page.evaluate(() => [JSON.stringify(sessionStorage), JSON.stringify(localStorage), document.cookie, location.href]);
    require(kept[0].includes(jobs.readKey) && !kept.slice(1).join().includes(jobs.readKey), "the key is kept where it should not be");
    await page.reload();
    await page.getByText("Key in memory").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await field.waitFor();
    require(!(await page.evaluate(() => JSON.stringify(sessionStorage))).includes(jobs.readKey), "the key is kept after signing out");
    await page.context().close();
  },

  async "a key is loaded and evicted, and a circuit retired after a yes"() {
    const page = await browser.page({ width: 1280, scheme: "light" });
    await page.goto(`${address}#/circuits/${jobs.circuit}`);
    await page.getByRole("button", { name: "Load into memory" }).click();
    await page.getByText("In memory,").waitFor();
    await page.goto(`${address}#/circuits`);
    await page.getByRole("button", { name: "Evict" }).click();
    await page.getByText("None. A key is loaded").waitFor();
    const name = page.getByRole("link", { name: /marks/ });
    await name.click();
    await page.getByRole("button", { name: "Retire" }).click();
    await page.shoot("retire");
    await page.getByRole("dialog").getByRole("button", { name: "Retire" }).click();
    await page.locator(".tag", { hasText: "retired" }).waitFor();
    await page.context().close();
  },
};

async function run(name) {
  const began = Date.now();
  try {
    await checks[name]();
  } catch (error) {
    throw new Error(`${name}: ${error.stack}`);
  }
  console.log(`ok ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

// In this order: what is there is looked at before it is changed. Side by side they are no faster: a browser takes all of a small machine.
try {
  for (const name of Object.keys(checks)) {
    await run(name);
  }
  require(browser.faults.length === 0, "pages complained");
  console.log("ok all");
} catch (error) {
  console.log(`failed: ${error.stack}\n${browser.faults.join("\n")}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
