// Owns: who proves: workers, what they have to do, and their devices.

import { get } from "../api.js";
import { facts, h, panel, put } from "../dom.js";
import { bytes, count, duration, many, moment, secondsOf } from "../format.js";
import { follow } from "../live.js";

const REFRESH_EVERY = 3000;

export async function workers(main, address, signal) {
  const summary = h("span", { class: "soft small" });
  const list = h("div", { class: "stack" });
  main.append(h("div", { class: "head" }, h("h1", {}, "Workers"), summary), list);

  const load = async () => {
    const report = await get("v1/capacity", signal);
    summary.textContent = `${many(report.workers.length, "worker")}, ${many(report.queued, "job")} queued, ${count(report.active)} under way, expected wait ${duration(secondsOf(report.expectedWait))}`;
    put(list, report.workers.length === 0
      ? h("p", { class: "notice warn" }, "No worker is heard of: jobs wait. ", h("code", {}, "zkps serve"), " runs one itself, ", h("code", {}, "zkps worker"), " adds more.")
      : report.workers.map(worker));
  };
  await load();
  let timer = null;
  follow(signal, () => {
    timer ??= setTimeout(() => load().catch(() => {}).finally(() => (timer = null)), REFRESH_EVERY);
  });
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}

const worker = (one) => panel(one.host || one.id, `${one.busy} of ${many(one.slots, "slot")} busy`,
  h("div", { class: "panel-body pair" },
    facts(
      ["Worker", h("code", {}, one.id)],
      ["Version", one.version],
      ["Memory for jobs", bytes(one.memoryBytes)],
      ["Since", moment(one.started)]),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Devices of ${one.host}` }, h("table", {},
      h("caption", { class: "unseen" }, `Devices of ${one.host}`),
      h("thead", {}, h("tr", {}, ["Device", "Name", "State"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, one.devices.map((device) => h("tr", {},
        h("th", { scope: "row", class: "mono nowrap" }, device.id),
        h("td", {}, h("div", { class: "break" }, device.name), h("div", { class: "small soft break" }, [device.driver, Number(device.memoryBytes) ? bytes(device.memoryBytes) : ""].filter(Boolean).join(" · "))),
        h("td", { class: "break" }, device.state || "ready"))))))));
