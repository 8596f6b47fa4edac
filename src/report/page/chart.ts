/**
 * Charts as plain SVG, which need no script: what is drawn is stretched to the width that there is, what is written stands beside it as
 * text, so that it is never distorted.
 */
import { type Html, html } from "../html-text.ts";

export interface Series {
  /** Its style's class. */
  readonly name: string;
  readonly values: readonly number[];
}

/** A slot, or so long nothing: the values of slots follow one another, gaps are among them. */
export interface Layout {
  /** Where each value stands, in slots from the left. */
  readonly places: readonly number[];
  /** In slots, gaps included. */
  readonly width: number;
  readonly gaps: readonly { readonly at: number; readonly slots: number }[];
}

/** Slots that a gap takes, however long it is. */
const gapWidth = 3;

/** Of slots by their numbers, in order. What is longer empty than a gap is wide is drawn as one. */
export function layoutOf(numbers: readonly number[]): Layout {
  const gaps: { at: number; slots: number }[] = [];
  const places: number[] = [];
  let next = 0;
  numbers.forEach((number, index) => {
    const before = numbers[index - 1];
    const empty = before === undefined ? 0 : number - before - 1;
    if (empty > gapWidth) gaps.push({ at: next, slots: empty });
    next += Math.min(empty, gapWidth);
    places.push(next++);
  });
  return { places, width: next, gaps };
}

const heightOfPlot = 100;
const number = (value: number): string => String(Math.round(value * 100) / 100);

/** Bars of several series upon one another. @param id of its own in the page */
export function barChart(
  id: string,
  { title, description }: { readonly title: string; readonly description: string },
  { places, width, gaps }: Layout,
  series: readonly Series[],
): Html {
  const sums = places.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
  const most = Math.max(...sums, 0);
  const below = places.map(() => 0);
  // Of few bars each is to be seen.
  const bar = width > 60 ? 1 : 0.88;
  const paths = series.map(({ name, values }) => {
    let path = "";
    places.forEach((place, at) => {
      const value = values[at] ?? 0;
      if (value <= 0) return;
      const [from, to] = [below[at] ?? 0, (below[at] ?? 0) + value].map((sum) => heightOfPlot * (1 - sum / most));
      below[at] = (below[at] ?? 0) + value;
      path += `M${number(place + (1 - bar) / 2)} ${number(to ?? 0)}h${bar}V${number(from ?? 0)}h-${bar}z`;
    });
    return html`<path class="${name}" d="${path}"/>`;
  });
  const breaks = gaps.map(({ at }) => html`<path class="gap" d="M${at + gapWidth / 2} 0V${heightOfPlot}"/>`);
  return html`<svg class="plot" viewBox="0 0 ${width} ${heightOfPlot}" preserveAspectRatio="none" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc><path class="grid" d="M0 0H${width}M0 50H${width}"/>${paths}${breaks}<path class="grid base" d="M0 100H${width}"/></svg>`;
}

/** A part of a whole, beside a number that says the same. @param share 0 to 1 */
export const shareBar = (name: string, share: number): Html =>
  html`<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="${name}" width="${number(share * 100)}" height="8"/></svg>`;

/** What a whole is made of. */
export function partsBar(parts: readonly { readonly name: string; readonly count: number }[]): Html {
  const whole = parts.reduce((sum, { count }) => sum + count, 0);
  let at = 0;
  const shown = parts.filter(({ count }) => count > 0);
  // What there is can be found, however little it is.
  const widths = shown.map(({ count }) => Math.max(0.6, (count / whole) * 100));
  const sum = widths.reduce((total, width) => total + width, 0);
  const rects = shown.map(({ name }, index) => {
    const width = ((widths[index] ?? 0) / sum) * 100;
    const rect = html`<rect class="${name}" x="${number(at)}" width="${number(width)}" height="8"/>`;
    at += width;
    return rect;
  });
  return html`<svg class="parts" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">${rects}</svg>`;
}
