// Owns: the list of jobs: filters and pages in the address, so that what is seen can be linked to, and rows that follow what happens.

import { get } from "../api.js";
import { h, putRows, table } from "../dom.js";
import { duration, moment, reasonOf, shortHash, shortId, stateOf, states, tags } from "../format.js";
import { follow } from "../live.js";

const PAGE = 50;
const REFRESH_EVERY = 1000;

export async function jobs(main, { query, info }, signal) {
  const filter = { state: query.get("state") ?? "", circuit: query.get("circuit") ?? "", label: query.get("label") ?? "", page: query.get("page") ?? "" };
  const forAdmin = info.scopes.includes("admin");
  const { circuits } = await get("v1/circuits?include_retired=true", signal);
  const names = new Map(circuits.map((circuit) => [circuit.keyHash, circuit.name]));

  const state = h("select", { id: "state" }, h("option", { value: "" }, "All"), Object.entries(states).map(([name, [word]]) => h("option", { value: name, selected: name === filter.state }, word)));
  const circuit = h("select", { id: "circuit" }, h("option", { value: "" }, "All"),
    circuits.map((one) => h("option", { value: one.keyHash, selected: one.keyHash === filter.circuit }, `${one.name} · ${one.keyHash.slice(0, 8)}`)));
  const label = h("input", { id: "label", type: "text", value: filter.label, placeholder: "name=value", spellcheck: "false", "aria-describedby": "label-wrong" });
  const wrong = h("p", { class: "wrong", id: "label-wrong", role: "alert" });
  const apply = () => {
    if (label.value.trim() && !/^[^=]+=/.test(label.value.trim())) {
      wrong.textContent = "Write name=value.";
      label.focus();
      return;
    }
    location.hash = addressOf({ state: state.value, circuit: circuit.value, label: label.value.trim() });
  };
  state.addEventListener("change", apply);
  circuit.addEventListener("change", apply);

  const list = table("Jobs, the newest first",
    [["Job"], ["Circuit", "less"], ["State"], ["Labels", "less"], ["Attempts", "num less"], ...(forAdmin ? [["Tenant", "less"]] : []), ["Took", "num less"], ["Created", "num"]]);
  const empty = h("p", { class: "empty", hidden: true }, "No job is like this.");
  const pages = h("nav", { class: "pages", "aria-label": "Pages" });
  main.append(
    h("div", { class: "head" }, h("h1", {}, "Jobs"), h("span", { class: "soft small" }, "The newest first")),
    h("div", { class: "panel" },
      h("form", { class: "filters", "aria-label": "Filters", onsubmit: (event) => (event.preventDefault(), apply()) },
        h("div", { class: "field" }, h("label", { for: "state" }, "State"), state),
        h("div", { class: "field" }, h("label", { for: "circuit" }, "Circuit"), circuit),
        h("div", { class: "field" }, h("label", { for: "label" }, "Label"), label, wrong),
        h("div", { class: "links" }, h("button", { type: "submit" }, "Filter"), filter.state || filter.circuit || filter.label ? h("a", { class: "button", href: "#/jobs" }, "Clear") : null)),
      list.element, empty, pages));

  const parameters = new URLSearchParams({ page_size: PAGE });
  if (filter.state) {
    parameters.append("states", filter.state);
  }
  if (filter.circuit) {
    parameters.append("circuit", filter.circuit);
  }
  if (filter.label) {
    parameters.append("labels", filter.label);
  }
  if (filter.page) {
    parameters.append("page_token", filter.page);
  }

  let isLoading = false;
  let isDue = false;
  const load = async () => {
    if (isLoading) {
      isDue = true;
      return;
    }
    isLoading = true;
    try {
      const answer = await get(`v1/jobs?${parameters}`, signal);
      putRows(list.body, answer.jobs, (job) => job.id, row);
      list.element.hidden = !(empty.hidden = answer.jobs.length > 0);
      pages.hidden = !filter.page && !answer.nextPageToken;
      pages.replaceChildren(
        filter.page ? h("a", { class: "button", href: addressOf({ ...filter, page: "" }) }, "Newest") : "",
        answer.nextPageToken ? h("a", { class: "button", href: addressOf({ ...filter, page: answer.nextPageToken }) }, "Older") : "");
    } finally {
      isLoading = false;
    }
  };

  const row = (job) => h("tr", {},
    h("th", { scope: "row" }, h("a", { href: `#/jobs/${job.id}`, class: "mono nowrap", title: job.id }, shortId(job.id)), h("div", { class: "more small soft break" }, names.get(job.keyHash))),
    h("td", { class: "less break" }, names.has(job.keyHash) ? h("a", { href: `#/circuits/${job.keyHash}` }, names.get(job.keyHash)) : shortHash(job.keyHash)),
    h("td", {}, stateOf(job.state), reasonOf(job.reason) ? h("div", { class: "small soft" }, reasonOf(job.reason)) : null),
    h("td", { class: "less labels" }, tags(job.labels)),
    h("td", { class: "num less" }, job.attempts),
    forAdmin ? h("td", { class: "less break" }, job.tenant) : null,
    h("td", { class: "num less" }, job.finished ? duration((Date.parse(job.finished) - Date.parse(job.created)) / 1000) : "–"),
    h("td", { class: "num" }, moment(job.created)));

  await load();
  let timer = null;
  follow(signal, () => {
    // What happens often is shown once a second; the first call is the snapshot that was there before.
    timer ??= setTimeout(async () => {
      await load().catch(() => {});
      timer = null;
      if (isDue) {
        isDue = false;
        load().catch(() => {});
      }
    }, REFRESH_EVERY);
  });
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}

function addressOf(filter) {
  const set = Object.entries(filter).filter(([, value]) => value);
  return `#/jobs${set.length ? `?${new URLSearchParams(set)}` : ""}`;
}
