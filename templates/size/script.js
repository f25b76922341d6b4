
"use strict";

// Draws a treemap for each image and makes tables sortable. The data is a tree of boxes, { name, kind?, bytes, count?,
// parts? }, in which a box has exactly the bytes of its parts.

const images = JSON.parse(document.getElementById("data").textContent);

// The least that a finger can meet and an eye can see, in square pixels: smaller boxes become one.
const SMALLEST = 220;
// Never fewer boxes than this become one, so that looking inside them leads on.
const FEWEST = 12;
// The rows of a long table that are shown at first; the style knows the number too.
const ROWS = 20;
// These consist of things with names of their own, and are shown as those where they take a third of the map.
const GROUPS = ["image", "layer", "program"];
const WORDS = {
  crate: "crate", std: "standard library", native: "native code", unknown: "without an owner", file: "file",
  layer: "layer", program: "program", image: "image",
};

/** Decimal units, as the tables have them. */
function size(bytes) {
  const cut = (unit, digits) => (Math.floor(bytes / unit * 10 ** digits) / 10 ** digits).toFixed(digits);
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${cut(1e3, 1)} kB`;
  if (bytes < 1e9) return `${cut(1e6, 2)} MB`;
  return `${cut(1e9, 2)} GB`;
}

function share(bytes, whole) {
  const percent = bytes / whole * 100;
  return percent < 0.1 ? "< 0.1 %" : `${percent.toFixed(1)} %`;
}

/** An element with classes, a text and children. */
function element(name, classes, text, ...children) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

/** A Rust name that may go on in another line where a person would go on. */
function breakable(name) {
  return name.split(/(?<=_|::|<|\/|-)/).flatMap((word) => [word, element("wbr")]);
}

/**
 * Divides a rectangle among `nodes`, largest first, by their bytes. Squarified treemaps (Bruls, Huizing and van Wijk,
 * 2000): a row along the shorter side grows as long as its worst box does not become longer and thinner.
 */
function squarify(nodes, { x, y, w, h }) {
  const placed = [];
  let bytes = nodes.reduce((sum, node) => sum + node.bytes, 0);
  let at = 0;
  while (at < nodes.length) {
    const side = Math.min(w, h);
    const scale = w * h / bytes;
    const worst = (sum, largest, smallest) => {
      const across = sum * scale / side; // how thick the row is
      return Math.max(largest * scale / across / across, across * across / (smallest * scale));
    };
    let end = at + 1;
    let sum = nodes[at].bytes;
    while (end < nodes.length) {
      const more = sum + nodes[end].bytes;
      if (worst(more, nodes[at].bytes, nodes[end].bytes) > worst(sum, nodes[at].bytes, nodes[end - 1].bytes)) break;
      sum = more;
      end += 1;
    }
    const thick = end === nodes.length ? Math.max(w, h) : sum * scale / side;
    let along = 0;
    for (const node of nodes.slice(at, end)) {
      const long = side * node.bytes / sum;
      placed.push(w < h
        ? { node, x: x + along, y, w: long, h: thick }
        : { node, x, y: y + along, w: thick, h: long });
      along += long;
    }
    if (w < h) { y += thick; h -= thick; } else { x += thick; w -= thick; }
    bytes -= sum;
    at = end;
  }
  return placed;
}

/** The parts of `node`, of which those too small to see in `area` square pixels are one. */
function visible(node, area, smallest = SMALLEST) {
  const parts = [...node.parts].sort((a, b) => b.bytes - a.bytes);
  const large = parts.filter((part) => part.bytes / node.bytes * area >= smallest).length;
  const kept = Math.max(large, FEWEST);
  if (parts.length <= kept + 1) return parts;
  const smaller = parts.slice(kept);
  const bytes = smaller.reduce((sum, part) => sum + part.bytes, 0);
  const kinds = new Set(smaller.map((part) => part.kind));
  const kind = kinds.size === 1 ? smaller[0].kind : "unknown";
  return [...parts.slice(0, kept), { name: `${smaller.length} smaller`, kind, bytes, parts: smaller }]
    .sort((a, b) => b.bytes - a.bytes);
}

/** The boxes of `node` in a rectangle, groups being shown as what they consist of. */
function boxes(node, place, area) {
  return squarify(visible(node, place.w * place.h), place).flatMap((box) => {
    const large = box.w * box.h >= area / 3;
    return GROUPS.includes(box.node.kind) && box.node.parts && large ? boxes(box.node, box, area) : [box];
  });
}

/** The treemap of one image, in `place`. */
function treemap(place, image) {
  let path = [image]; // from the whole to what is shown
  const trail = element("ol", "path");
  const map = element("div", "boxes");
  const detail = element("p", "detail");
  map.setAttribute("role", "group");
  place.append(element("nav", "", "", trail), map, detail);
  place.firstChild.setAttribute("aria-label", "What the treemap shows");
  place.hidden = false;

  const shown = () => path[path.length - 1];
  const kindOf = (node) => node.kind || path.findLast((above) => above.kind)?.kind || "unknown";

  function describe(node) {
    const words = [size(node.bytes), share(node.bytes, image.bytes)];
    if (node !== image) words.push(WORDS[kindOf(node)]);
    if (node.count) words.push(`${node.count} instances`);
    return words.join(", ");
  }

  function tell(node) {
    const hint = node === image ? ". Choose a box to look inside." : "";
    detail.replaceChildren(element("bdi", "", node.name), element("br"), element("span", "", describe(node) + hint));
  }

  function show(next) {
    const out = next.length < path.length ? path[next.length] : null;
    path = next;
    draw();
    map.classList.remove("fresh");
    void map.offsetWidth; // the animation starts again
    map.classList.add("fresh");
    const all = [...map.children];
    focus(all.find((box) => box.node === out) ?? all[0]);
  }

  function focus(box) {
    for (const other of map.children) other.tabIndex = other === box ? 0 : -1;
    box.focus({ preventScroll: true });
  }

  function draw() {
    trail.replaceChildren(...path.map((node, depth) => {
      const last = depth === path.length - 1;
      const step = element(last ? "span" : "button", "", "", element("bdi", "", node.name));
      if (last) step.setAttribute("aria-current", "true");
      else step.addEventListener("click", () => show(path.slice(0, depth + 1)));
      return element("li", "", "", step);
    }));
    map.setAttribute("aria-label", `Treemap of ${shown().name}`);
    map.dataset.bytes = shown().bytes;
    const { clientWidth: w, clientHeight: h } = map;
    map.replaceChildren(...boxes(shown(), { x: 0, y: 0, w, h }, w * h).map((box) => drawn(box, w, h)));
    if (map.firstChild) map.firstChild.tabIndex = 0;
    tell(shown());
  }

  function drawn({ node, x, y, w, h }, width, height) {
    const box = element("button", `box ${kindOf(node)}`);
    const put = (part, left, top, right, bottom) => Object.assign(part.style, {
      left: `${left * 100}%`, top: `${top * 100}%`, width: `${right * 100}%`, height: `${bottom * 100}%`,
    });
    put(box, x / width, y / height, w / width, h / height);
    box.node = node;
    box.type = "button";
    box.tabIndex = -1;
    box.dataset.bytes = node.bytes;
    box.setAttribute("aria-label", `${node.name}, ${describe(node)}`);
    if (node.parts) box.classList.add("opens");
    if (node.parts && w > 48 && h > 48) {
      for (const part of squarify(visible(node, w * h, 60), { x: 0, y: 0, w: 1, h: h / w })) {
        const grain = element("span", part.node.kind ? `grain ${part.node.kind}` : "grain");
        put(grain, part.x, part.y * w / h, part.w, part.h * w / h);
        box.append(grain);
      }
    }
    if (w > 44 && h > 22) {
      const label = element("span", "label", "", element("b", "", "", ...breakable(node.name)));
      label.classList.toggle("one", h < 44);
      label.classList.toggle("small", w < 100);
      const line = 1.3 * (w < 100 ? 12 : 13);
      label.style.maxHeight = `${Math.max(1, Math.floor((h - 8) / line)) * line}px`; // no half of a line
      if (h >= 44 && w > 64) label.append(element("span", "number", size(node.bytes)));
      box.append(label);
    }
    return box;
  }

  const boxOf = (event) => event.target.closest(".box");

  map.addEventListener("click", (event) => {
    const box = boxOf(event);
    if (!box) return;
    if (box.node.parts) show([...path, box.node]);
    else { focus(box); tell(box.node); }
  });
  map.addEventListener("pointerover", (event) => { if (boxOf(event)) tell(boxOf(event).node); });
  map.addEventListener("focusin", (event) => tell(boxOf(event).node));
  map.addEventListener("pointerleave", () => tell(document.activeElement?.node ?? shown()));
  map.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && path.length > 1) show(path.slice(0, -1));
    const towards = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const next = towards && neighbour(boxOf(event), towards);
    if (towards) event.preventDefault();
    if (next) focus(next);
  });

  /** The box that lies nearest in a direction. */
  function neighbour(box, [dx, dy]) {
    const middle = (other) => [other.offsetLeft + other.offsetWidth / 2, other.offsetTop + other.offsetHeight / 2];
    const [x, y] = middle(box);
    let best = null;
    let least = Infinity;
    for (const other of map.children) {
      const [ox, oy] = middle(other);
      const forward = (ox - x) * dx + (oy - y) * dy;
      const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
      if (forward > 1 && forward + 2 * aside < least) {
        least = forward + 2 * aside;
        best = other;
      }
    }
    return best;
  }

  draw();
  let width = map.clientWidth;
  new ResizeObserver(() => {
    if (map.clientWidth === width) return; // a phone's bars come and go
    width = map.clientWidth;
    draw();
  }).observe(map);
}

/** Makes the headers of a table buttons that sort it: numbers largest first, names from a to z. */
function sortable(table) {
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    const numbers = header.classList.contains("number");
    const button = element("button", "", header.textContent);
    button.type = "button";
    header.replaceChildren(button);
    button.addEventListener("click", () => {
      const turned = header.getAttribute("aria-sort") === (numbers ? "descending" : "ascending");
      for (const other of headers) other.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", numbers === turned ? "ascending" : "descending");
      const value = (row) => row.cells[column].dataset.value;
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => numbers ? value(b) - value(a) : value(a).localeCompare(value(b)));
      table.tBodies[0].append(...(turned ? rows.reverse() : rows));
    });
  });
}

/** Shows the first rows of a long table until more are asked for. */
function shortened(table) {
  const count = table.tBodies[0].rows.length;
  if (count <= ROWS + 5) return;
  const button = element("button", "more", `Show all ${count} rows`);
  button.type = "button";
  button.addEventListener("click", () => {
    table.classList.remove("short");
    button.remove();
  });
  table.classList.add("short");
  table.after(button);
}

for (const place of document.querySelectorAll(".treemap")) treemap(place, images[place.dataset.image]);
for (const table of document.querySelectorAll("table")) {
  sortable(table);
  shortened(table);
}
