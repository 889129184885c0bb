// Owns: what every view owes to people who see little, or use no mouse: names, labels, headings in order, contrast, no sideways scrolling.
// Contrast: WCAG 2.2, 1.4.3, over all text that is visible.

/** Everything that is wrong with a page as it is now, as texts. */
export const faultsOf = (page) => page.evaluate(() => {
  const faults = [];
  const visible = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getClientRects().length > 0;
  const say = (element) => `<${element.tagName.toLowerCase()} ${[...element.attributes].map((a) => `${a.name}="${a.value}"`).join(" ").slice(0, 90)}> ${element.textContent.trim().slice(0, 40)}`;

  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) {
    const widest = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest(".scroll, .unseen, pre"));
    faults.push(`it scrolls sideways: ${document.documentElement.scrollWidth} of ${document.documentElement.clientWidth}: ${widest.slice(0, 3).map(say).join("; ")}`);
  }

  let level = 0;
  const headings = [...document.querySelectorAll("h1, h2, h3, h4")].filter(visible);
  for (const heading of headings) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) {
      faults.push(`the heading skips a level: ${say(heading)}`);
    }
    level = next;
  }
  if (headings.filter((heading) => heading.tagName === "H1").length !== 1) {
    faults.push("there is not exactly one h1");
  }

  const nameOf = (element) => element.getAttribute("aria-label") ?? (element.labels?.length ? [...element.labels].map((l) => l.textContent).join(" ") : element.textContent).trim();
  for (const control of document.querySelectorAll("a[href], button, input, select, textarea, [role=progressbar], [role=img], [role=region]")) {
    if (visible(control) && !control.matches("[aria-hidden=true]") && !nameOf(control)) {
      faults.push(`no name: ${say(control)}`);
    }
  }
  for (const table of document.querySelectorAll("table")) {
    if (!table.caption?.textContent.trim() || table.querySelectorAll("thead th[scope=col]").length === 0) {
      faults.push(`a table without caption or headings: ${say(table)}`);
    }
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  faults.push(...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `the id ${id} is there twice`));
  for (const element of document.querySelectorAll("[aria-describedby], [aria-labelledby], label[for]")) {
    for (const id of (element.getAttribute("aria-describedby") ?? element.getAttribute("aria-labelledby") ?? element.htmlFor).split(" ")) {
      if (!document.getElementById(id)) {
        faults.push(`it names ${id}, which is not there: ${say(element)}`);
      }
    }
  }

  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (color) => {
    if (!known.has(color)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = color;
      context.fillRect(0, 0, 1, 1);
      known.set(color, [...context.getImageData(0, 0, 1, 1).data].map((v, i) => (i === 3 ? v / 255 : v)));
    }
    return known.get(color);
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const ground = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      layers.push(rgba(getComputedStyle(e).backgroundColor));
      if (layers.at(-1)[3] === 1) {
        break;
      }
    }
    return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const light = (c) => {
    const [r, g, b] = c.slice(0, 3).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (const element of document.querySelectorAll("body *")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!hasText || !visible(element) || element.closest(".unseen, .skip, :disabled, option")) {
      continue;
    }
    const style = getComputedStyle(element);
    const below = ground(element);
    const color = over(rgba(element.namespaceURI.endsWith("svg") ? style.fill : style.color), below);
    const [a, b] = [light(color), light(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < needed) {
      faults.push(`contrast ${ratio.toFixed(2)}, not ${needed}: ${say(element)}`);
    }
  }
  return faults;
});
