// Owns: charts over minutes as SVG: bars that stand on each other, and lines with gaps. Drawn at the width that there is, so that text keeps
// its size; each has its numbers as a table beside it.

import { h, s } from "./dom.js";
import { hourAndMinute } from "./format.js";

const HEIGHT = 168;
const FRAME = { left: 44, right: 6, top: 10, bottom: 22 };

/** A figure that draws itself again when its width changes. `update` takes what `draw(width, data)` gets. */
export function chart(label, draw) {
  const host = h("div", { class: "chart" });
  let data = null;
  const redraw = () => {
    if (data && host.clientWidth > 0) {
      const { parts, summary } = draw(host.clientWidth, data);
      const width = host.clientWidth;
      host.replaceChildren(s("svg", { role: "img", width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-label": `${label}. ${summary}` }, parts));
    }
  };
  const observer = new ResizeObserver(redraw);
  observer.observe(host);
  return {
    element: host,
    update(next) {
      data = next;
      redraw();
    },
    end: () => observer.disconnect(),
  };
}

/** The least round number that is not below a value: 1, 2 or 5 times a power of ten. */
export function roundUp(value) {
  if (value <= 0) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * power >= value * 0.999999) * power;
}

/** Where minutes and values stand. */
function frame(width, minutes, highest) {
  const inner = { width: width - FRAME.left - FRAME.right, height: HEIGHT - FRAME.top - FRAME.bottom };
  const step = inner.width / minutes.length;
  return {
    step,
    x: (i) => FRAME.left + i * step,
    y: (value) => FRAME.top + inner.height * (1 - value / highest),
  };
}

function axes(width, minutes, highest, write) {
  const place = frame(width, minutes, highest);
  const lines = [0, 0.5, 1].map((part) => {
    const y = Math.round(place.y(highest * part)) + 0.5;
    return [
      s("line", { class: "grid", x1: FRAME.left, x2: width - FRAME.right, y1: y, y2: y }),
      s("text", { x: FRAME.left - 7, y: y + 3.5, "text-anchor": "end" }, write(highest * part)),
    ];
  });
  const every = width < 420 ? 20 : 10;
  const times = minutes.map((minute, i) => [minute, i]).filter(([minute]) => new Date(minute.begin).getMinutes() % every === 0).map(([minute, i]) =>
    s("text", { x: Math.min(Math.max(place.x(i) + place.step / 2, FRAME.left + 14), width - FRAME.right - 14), y: HEIGHT - 5, "text-anchor": "middle" }, hourAndMinute(minute.begin)));
  return [lines, times];
}

/** Bars by minute; series are [class, value of a minute], the lowest first. */
export function bars(width, minutes, series, write, title) {
  const highest = Math.max(2, roundUp(Math.max(...minutes.map((minute) => series.reduce((sum, [, value]) => sum + value(minute), 0)))));
  const place = frame(width, minutes, highest);
  const gap = place.step > 5 ? 1 : 0.4;
  const columns = minutes.map((minute, i) => {
    let below = 0;
    const rects = series.map(([kind, value]) => {
      const from = place.y(below);
      below += value(minute);
      const height = from - place.y(below);
      return height > 0 && s("rect", { class: kind, x: (place.x(i) + gap / 2).toFixed(2), y: place.y(below).toFixed(2), width: (place.step - gap).toFixed(2), height: height.toFixed(2) });
    });
    return below > 0 && s("g", {}, s("title", {}, title(minute)), rects);
  });
  return [axes(width, minutes, highest, write), columns];
}

/** Lines by minute, with gaps where there is no value; series are [class of the line, class of its points, value or null]. */
export function lines(width, minutes, series, write, title) {
  const values = minutes.flatMap((minute) => series.map(([, , value]) => value(minute))).filter((value) => value !== null);
  const highest = roundUp(Math.max(0.001, ...values));
  const place = frame(width, minutes, highest);
  const drawn = series.map(([line, point, value]) => {
    const path = [];
    const points = [];
    let joined = false;
    minutes.forEach((minute, i) => {
      const at = value(minute);
      if (at === null) {
        joined = false;
        return;
      }
      const [x, y] = [(place.x(i) + place.step / 2).toFixed(2), place.y(at).toFixed(2)];
      path.push(`${joined ? "L" : "M"}${x} ${y}`);
      points.push(s("circle", { class: point, cx: x, cy: y, r: 2.2 }, s("title", {}, title(minute))));
      joined = true;
    });
    return [s("path", { class: line, d: path.join("") }), points];
  });
  return [axes(width, minutes, highest, write), drawn];
}

/** What colours mean. */
export const legend = (...entries) => h("div", { class: "legend", "aria-hidden": "true" },
  entries.map(([ink, name]) => h("span", {}, h("i", { class: ink }), h("span", {}, name))));
