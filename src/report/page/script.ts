/**
 * The page's own script: finds among the failures that are shown, points at a bar of a chart for its numbers, comes closer, copies
 * commands. Everything is there without it. It looks its elements up when they are needed, so that a page whose <main> is put in anew
 * goes on; who does that dispatches `main-replaced` on the document.
 */
export const pageScript = `
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  document.documentElement.classList.add("has-script");

  const find = () => {
    const box = byId("search");
    if (box === null) return;
    const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const code = byId("search-code").value;
    const isAsked = words.length > 0 || code !== "";
    let found = 0;
    for (const failure of all(".failure")) {
      const head = failure.querySelector("summary").textContent.toLowerCase();
      const isOfCode = code === "" || failure.dataset.code === code;
      let here = 0;
      for (const row of all(".samples li", failure)) {
        const text = head + " " + row.textContent.toLowerCase();
        row.hidden = !(isOfCode && words.every((word) => text.includes(word)));
        if (!row.hidden) here++;
      }
      failure.hidden = isAsked && here === 0;
      if (isAsked && here > 0) for (const each of [failure, ...all("details", failure)]) each.open = true;
      found += here;
    }
    const status = byId("found");
    status.textContent = status.dataset.of.replace("-1", found.toLocaleString("en-US"));
  };
  document.addEventListener("input", (event) => {
    if (event.target.id === "search" || event.target.id === "search-code") find();
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (button === null) return;
    const code = button.parentElement.querySelector("code");
    getSelection().selectAllChildren(code);
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = button.dataset.done;
    } catch {
      // It is marked, to be copied by hand.
    }
  });

  const columns = { objects: [1, 2, 3, 4], bytes: [5], busy: [6], retries: [7, 8] };
  let zoom;
  let chosen = -1;
  let dragged;
  const slots = () => {
    const table = byId("slots");
    if (table === null) return undefined;
    const places = table.dataset.places.split(" ").map(Number);
    return { table, places, width: places.at(-1) + 1 };
  };
  const range = ({ width }) => zoom ?? { from: 0, to: width };
  const mark = (plot, name, path) => {
    let drawn = plot.querySelector("." + name);
    if (path === undefined) return drawn?.remove();
    if (drawn === null) {
      drawn = document.createElementNS("http://www.w3.org/2000/svg", "path");
      drawn.setAttribute("class", name);
      plot.append(drawn);
    }
    drawn.setAttribute("d", path);
  };
  const draw = () => {
    const known = slots();
    if (known === undefined) return;
    const { table, places } = known;
    const { from, to } = range(known);
    const heads = all("thead th", table).map((cell) => cell.textContent);
    const row = table.tBodies[0].rows[chosen];
    const visible = places.flatMap((place, at) => (place >= from && place < to ? [at] : []));
    const timeOf = (at) => table.tBodies[0].rows[at].cells[0].textContent;
    for (const plot of all(".charts .plot")) {
      plot.setAttribute("viewBox", from + " 0 " + (to - from) + " 100");
      mark(plot, "cursor", row && "M" + (places[chosen] + 0.5) + " 0V100");
      const readout = plot.parentElement.querySelector(".readout");
      const cells = columns[readout.dataset.chart] ?? [];
      readout.textContent = row === undefined ? "" : [timeOf(chosen), ...cells.map((cell) => heads[cell] + " " + row.cells[cell].textContent)].join(" · ");
      const axis = plot.parentElement.querySelector(".axis");
      axis.whole ??= [...axis.children].map((part) => part.textContent);
      [...axis.children].forEach((part, at, parts) => {
        const isEnd = at === 0 || at === parts.length - 1;
        part.textContent = zoom === undefined ? axis.whole[at] : !isEnd ? "" : timeOf(at === 0 ? visible[0] : visible.at(-1));
      });
    }
  };
  const unitAt = (plot, event, known) => {
    const { left, width } = plot.getBoundingClientRect();
    const { from, to } = range(known);
    return from + ((event.clientX - left) / width) * (to - from);
  };
  const closer = (known, from, to) => {
    const [least, most] = [Math.max(0, Math.floor(from)), Math.min(known.width, Math.ceil(to))];
    if (most - least < 2 || !known.places.some((place) => place >= least && place < most)) return;
    zoom = least === 0 && most === known.width ? undefined : { from: least, to: most };
  };
  document.addEventListener("pointermove", (event) => {
    const plot = event.target.closest?.(".charts .plot");
    const known = slots();
    if (known === undefined) return;
    if (plot === null || plot === undefined) {
      if (chosen !== -1 && dragged === undefined && !document.activeElement?.matches(".plot")) {
        chosen = -1;
        draw();
      }
      return;
    }
    const unit = unitAt(plot, event, known);
    const at = known.places.indexOf(Math.floor(unit));
    if (at !== -1) chosen = at;
    if (dragged !== undefined) for (const each of all(".charts .plot")) mark(each, "chosen", "M" + dragged + " 0H" + unit + "V100H" + dragged + "z");
    draw();
  });
  document.addEventListener("pointerdown", (event) => {
    const plot = event.target.closest?.(".charts .plot");
    const known = slots();
    if (plot && known && event.pointerType === "mouse") dragged = unitAt(plot, event, known);
  });
  document.addEventListener("pointerup", (event) => {
    const plot = event.target.closest?.(".charts .plot");
    const known = slots();
    for (const each of all(".charts .plot")) mark(each, "chosen", undefined);
    if (plot && known && dragged !== undefined) {
      const [from, to] = [dragged, unitAt(plot, event, known)].sort((a, b) => a - b);
      if (to - from > 1) closer(known, from, to);
    }
    dragged = undefined;
    draw();
  });
  const whole = () => {
    zoom = undefined;
    draw();
  };
  document.addEventListener("dblclick", (event) => {
    if (event.target.closest(".charts .plot")) whole();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return whole();
    const known = slots();
    if (known === undefined || !event.target.matches(".charts .plot")) return;
    const last = known.places.length - 1;
    const { from, to } = range(known);
    const middle = chosen === -1 ? (from + to) / 2 : known.places[chosen] + 0.5;
    switch (event.key) {
      case "ArrowLeft":
        chosen = chosen === -1 ? last : Math.max(0, chosen - 1);
        break;
      case "ArrowRight":
        chosen = Math.min(last, chosen + 1);
        break;
      case "Home":
        chosen = 0;
        break;
      case "End":
        chosen = last;
        break;
      case "+":
      case "=":
        closer(known, middle - (to - from) / 4, middle + (to - from) / 4);
        break;
      case "-":
        closer(known, middle - (to - from), middle + (to - from));
        break;
      default:
        return;
    }
    event.preventDefault();
    draw();
  });

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details:not([open]):not(.numbers)");
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
  });

  const dress = () => {
    for (const plot of all(".charts .plot")) plot.setAttribute("tabindex", "0");
    find();
    draw();
  };
  document.addEventListener("main-replaced", dress);
  dress();
})();
`;
