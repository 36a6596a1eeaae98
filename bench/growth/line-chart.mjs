/** A line chart with logarithmic axes as SVG: values at the points, readable in light and dark, with its figures as text. */
import { escapeXml } from "../report.mjs";

const width = 760;
const plot = { left: 84, right: 690, top: 92, bottom: 372 };
const height = 436;
const labelHeight = 14;
/** Colours of the same contrast on white and on dark grey; the signs tell the lines apart without colours. */
const looks = [
  { colour: "#0b6bcb", dark: "#5cabff", sign: circle },
  { colour: "#7a5c00", dark: "#e0b23a", sign: square },
  { colour: "#0f7a4d", dark: "#4fca92", sign: triangle },
  { colour: "#a33a86", dark: "#ee8fd2", sign: diamond },
  { colour: "#52606d", dark: "#b0bac5", sign: cross },
];

/**
 * @param x, y `{ title, text(value) }` of an axis; `text` gives a value with its unit.
 * @param series `{ title, points: [{ x, y }] }`, five at most.
 */
export function lineChart({ title, x, y, series }) {
  const xs = [...new Set(series.flatMap(({ points }) => points.map((point) => point.x)))].sort(
    (one, other) => one - other,
  );
  const ys = series.flatMap(({ points }) => points.map((point) => point.y));
  const xAt = scale(xs[0], xs.at(-1), plot.left + 36, plot.right - 36);
  const ticks = decades(Math.min(...ys), Math.max(...ys));
  const yAt = scale(ticks[0], ticks.at(-1), plot.bottom - 18, plot.top + 14);
  const grid = ticks.map((tick) => {
    const at = yAt(tick).toFixed(1);
    return `<path class="grid" d="M${plot.left} ${at}H${plot.right}"/><text x="${plot.left - 8}" y="${at}" dy="4" text-anchor="end">${escapeXml(y.text(tick))}</text>`;
  });
  const bottom = xs.map(
    (value) =>
      `<text x="${xAt(value).toFixed(1)}" y="${plot.bottom + 20}" text-anchor="middle">${escapeXml(x.text(value))}</text>`,
  );
  const lines = series.map(({ points }, index) => {
    const places = points.map((point) => [xAt(point.x), yAt(point.y)]);
    const path = places.map((place) => place.map((each) => each.toFixed(1)).join(" ")).join("L");
    return `<g class="line${index}"><path fill="none" stroke-width="2" d="M${path}"/>${places.map(looks[index].sign).join("")}</g>`;
  });
  const figures = series
    .map(
      ({ title: name, points }) =>
        `${name}: ${points.map((point) => `${x.text(point.x)} ${y.text(point.y)}`).join(", ")}`,
    )
    .join(". ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="${escapeXml(`${title}. ${figures}.`)}">
<title>${escapeXml(title)}</title>
<style>${styles(series.length)}</style>
<rect class="paper" width="${width}" height="${height}"/>
<text x="14" y="24" font-size="14" font-weight="600">${escapeXml(title)}</text>
${legend(series)}
<text x="14" y="${plot.top - 12}">${escapeXml(y.title)}</text>
${grid.join("\n")}
${bottom.join("\n")}
<text x="${plot.right}" y="${plot.bottom + 44}" text-anchor="end">${escapeXml(x.title)}</text>
${lines.join("\n")}
${valueLabels(series, { xs, xAt, yAt, text: y.text }).join("\n")}
</svg>
`;
}

/** From the logarithm of a value to a place. */
function scale(least, most, from, to) {
  const span = Math.log(most) - Math.log(least) || 1;
  return (value) => from + ((Math.log(value) - Math.log(least)) / span) * (to - from);
}

/** The powers of ten around the values; between them 2 and 5 as well where these are few. */
function decades(least, most) {
  const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const all = Array.from({ length: Math.max(1, last - first) + 1 }, (_, index) => 10 ** (first + index));
  if (all.length > 3) return all;
  const finer = all.flatMap((tick) => [tick, 2 * tick, 5 * tick]);
  const from = finer.findLastIndex((tick) => tick <= least);
  return finer.slice(from, finer.findIndex((tick, index) => index > from && tick >= most) + 1);
}

/** The values of one x: the highest above its point, the lowest below, the others to the right and moved apart. */
function valueLabels(series, { xs, xAt, yAt, text }) {
  return xs.flatMap((value) => {
    const labels = series
      .flatMap(({ points }, index) => points.filter((point) => point.x === value).map((point) => ({ index, point })))
      .map(({ index, point }) => ({ index, at: yAt(point.y), text: text(point.y) }))
      .sort((one, other) => one.at - other.at);
    return labels.map((label, order) => {
      const isMiddle = order > 0 && order < labels.length - 1;
      if (order === 0) label.at -= 10;
      else label.at = Math.max(label.at + (isMiddle ? 0 : labelHeight), labels[order - 1].at + labelHeight);
      const x = (xAt(value) + (isMiddle ? 8 : 0)).toFixed(1);
      const anchor = isMiddle ? "" : ' text-anchor="middle"';
      return `<text class="value line${label.index}" x="${x}" y="${label.at.toFixed(1)}" dy="4"${anchor}>${escapeXml(label.text)}</text>`;
    });
  });
}

function legend(series) {
  let x = 14;
  return series
    .map(({ title }, index) => {
      const entry = `<g class="line${index}">${looks[index].sign([x + 6, 48])}</g><text x="${x + 16}" y="52">${escapeXml(title)}</text>`;
      x += 36 + title.length * 6.4;
      return entry;
    })
    .join("\n");
}

function styles(count) {
  const colours = (property) =>
    looks
      .slice(0, count)
      .map((look, index) => `.line${index}{stroke:${look[property]};fill:${look[property]}}`)
      .join("");
  const light = `text{fill:#1f2933}.paper{fill:#fff}.grid{stroke:#d5dbe1}.value{stroke:#fff!important}${colours("colour")}`;
  const dark = `text{fill:#e4e9ee}.paper{fill:#0d1117}.grid{stroke:#30363d}.value{stroke:#0d1117!important}${colours("dark")}`;
  return `${light}.value{stroke-width:4;paint-order:stroke}@media(prefers-color-scheme:dark){${dark}}`;
}

function circle([x, y]) {
  return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4"/>`;
}
function square([x, y]) {
  return `<rect x="${(x - 4).toFixed(1)}" y="${(y - 4).toFixed(1)}" width="8" height="8"/>`;
}
function triangle([x, y]) {
  return shape(x, y, "m0 -5l5 9h-10z");
}
function diamond([x, y]) {
  return shape(x, y, "m0 -5l5 5l-5 5l-5 -5z");
}
function cross([x, y]) {
  return shape(x, y, "m-4 -4l8 8m0 -8l-8 8");
}
function shape(x, y, path) {
  return `<path d="M${x.toFixed(1)} ${y.toFixed(1)}${path}"/>`;
}
