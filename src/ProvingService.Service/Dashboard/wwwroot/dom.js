// Owns: making elements. Text is always a text node: nothing that came from a server is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) {
      continue;
    }
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (name === "value" || name === "checked" || name === "selected") {
      element[name] = value;
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) {
      element.append(child);
    }
  }
}

/** An element of HTML: attributes, `onclick` and the like for listeners, children as elements and texts. */
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

/** An element of SVG. */
export const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

/** Replaces all children. Does nothing where the new ones would be the same, so that focus and selection stay. */
export function put(parent, ...children) {
  const fresh = document.createDocumentFragment();
  append(fresh, children);
  const old = [...parent.childNodes];
  const next = [...fresh.childNodes];
  if (old.length === next.length && old.every((node, i) => node.isEqualNode(next[i])) && !parent.querySelector("details, button, input, select")) {
    return;
  }
  parent.replaceChildren(fresh);
}

/** Rows by key: those that say the same stay, with the focus that may be in them; a changed row is replaced and gets the focus back. */
export function putRows(body, items, key, row) {
  const known = new Map([...body.children].map((element) => [element.dataset.key, element]));
  const focused = body.contains(document.activeElement) ? document.activeElement.closest("tr")?.dataset.key : undefined;
  const rows = items.map((item) => {
    const fresh = row(item);
    fresh.dataset.key = key(item);
    const old = known.get(fresh.dataset.key);
    return old?.isEqualNode(fresh) ? old : fresh;
  });
  if (rows.length === body.children.length && rows.every((element, i) => element === body.children[i])) {
    return;
  }
  body.replaceChildren(...rows);
  if (focused !== undefined) {
    rows.find((element) => element.dataset.key === focused)?.querySelector("a, button")?.focus({ preventScroll: true });
  }
}

/** A table: columns are [title, class]. The caption is what screen readers call it; `quiet` hides it where a heading says the same. */
export function table(caption, columns, { quiet = true, scroll = true } = {}) {
  const body = h("tbody");
  const element = h("table", {},
    h("caption", {}, quiet ? h("span", { class: "unseen" }, caption) : caption),
    h("thead", {}, h("tr", {}, columns.map(([title, kind]) => h("th", { scope: "col", class: kind }, title)))),
    body);
  if (quiet) {
    element.caption.className = "unseen";
  }
  return { element: scroll ? h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, element) : element, body };
}

/** Names and values. */
export const facts = (...pairs) => h("dl", { class: "facts" },
  pairs.filter((pair) => pair && pair[1] !== null && pair[1] !== undefined && pair[1] !== "").map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));

/** A part of a page with a heading. */
export const panel = (title, aside, ...children) => h("section", { class: "panel", "aria-label": title },
  h("div", { class: "panel-head" }, h("h2", {}, title), aside ? h("span", { class: "aside" }, aside) : null), children);

/** Says something to screen readers. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** Offers bytes or text as a file. */
export function save(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Asks before what cannot be taken back. Resolves to whether it was confirmed. */
export function confirm(title, text, action) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "dialog-title" },
      h("h2", { id: "dialog-title" }, title),
      h("p", {}, text),
      h("div", { class: "actions" },
        h("button", { type: "button", autofocus: true, onclick: () => dialog.close("") }, "Keep"),
        h("button", { type: "button", class: "danger", onclick: () => dialog.close("yes") }, action)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
