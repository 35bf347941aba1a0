// The overview's time series. Values and all texts come with the page's JSON, colours from its CSS variables.

const GRID_FONT = "12px Inter, system-ui, sans-serif";
const TARGETS_MS = [500, 2000];

const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

function color(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

function hatched(u) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6 * devicePixelRatio;
  const context = tile.getContext("2d");
  context.strokeStyle = color("danger");
  context.lineWidth = devicePixelRatio;
  context.beginPath();
  context.moveTo(0, tile.height);
  context.lineTo(tile.width, 0);
  context.stroke();
  return u.ctx.createPattern(tile, "repeat");
}

const steps = () => uPlot.paths.stepped({ align: 1 });

const CHARTS = {
  tokens: {
    columns: ["before", "sent"],
    series: () => [
      { stroke: color("edge"), width: 1, paths: steps() },
      { stroke: color("rewritten"), width: 1.5, fill: color("rewritten-wash"), paths: steps() },
    ],
    readout: [["Before", "k-before", "before"], ["Sent", "k-sent", "sent"]],
  },
  money: {
    columns: ["gross", "net", "gain", "loss"],
    series: () => [
      { stroke: color("edge"), width: 1, paths: steps() },
      { stroke: color("saved"), width: 1.5, paths: steps() },
      { stroke: "transparent", width: 0, paths: steps(), fill: color("saved-wash") },
      { stroke: "transparent", width: 0, paths: steps(), fill: hatched },
    ],
    readout: [["Gross", "k-gross", "gross"], ["Net", "k-net", "net"]],
  },
  latency: {
    columns: ["p50", "p95", "p99"],
    series: () => [
      { stroke: color("ink"), width: 2.5, points: { show: alone, size: 5, fill: color("ink") } },
      { stroke: color("ink-2"), width: 1, points: { show: alone, size: 5 } },
      { stroke: color("ink-3"), width: 1, dash: [4, 4], points: { show: alone, size: 4 } },
    ],
    readout: [["P50", "", "p50"], ["P95", "", "p95"], ["P99", "", "p99"]],
    labels: ["P50", "P95", "P99"],
    targets: TARGETS_MS,
  },
};

// A value between two gaps would draw no line: it is drawn as a dot.
function alone(u, series) {
  const data = u.data[series];
  const found = [];
  for (let i = 0; i < data.length; i++) {
    if (data[i] != null && data[i - 1] == null && data[i + 1] == null) found.push(i);
  }
  return found.length > 0 && { show: true, indices: found };
}

function onlyAlone(u, series, show) {
  return show ? alone(u, series).indices ?? [] : [];
}

function endLabels(u, names) {
  const { ctx, bbox } = u;
  const places = names.map((name, index) => {
    const data = u.data[index + 1];
    let last = data.length - 1;
    while (last >= 0 && data[last] == null) last--;
    return last < 0 ? null : { name, y: u.valToPos(data[last], "y", true) };
  }).filter(Boolean).sort((a, b) => b.y - a.y);
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px Inter, system-ui, sans-serif`;
  ctx.fillStyle = color("ink-2");
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  // From the lowest line up, each label above the last one, and low enough that those to come have room.
  const line = 14 * devicePixelRatio;
  let ceiling = Infinity;
  places.forEach((place, index) => {
    const room = bbox.top + line * (places.length - 1 - index);
    const y = Math.max(Math.min(place.y, ceiling), room);
    ctx.fillText(place.name, bbox.left + bbox.width + 6 * devicePixelRatio, y);
    ceiling = y - line;
  });
  ctx.restore();
}

function dottedLine(u, x1, y1, x2, y2) {
  const { ctx } = u;
  ctx.save();
  ctx.strokeStyle = color("edge");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
  ctx.restore();
}

function decorate(u, chart) {
  const { left, top, width, height } = u.bbox;
  for (const target of chart.targets ?? []) {
    if (target < u.scales.y.max) {
      const y = u.valToPos(target, "y", true);
      dottedLine(u, left, y, left + width, y);
    }
  }
  const x = u.valToPos(u.data[0].at(-2), "x", true);
  dottedLine(u, x, top, x, top + height);
  if (chart.labels) endLabels(u, chart.labels);
}

// The row above a chart: the texts of the bucket under the pointer, else what it said before.
function showReadout(row, chart, at) {
  if (at == null) {
    if (row.dataset.still) { row.innerHTML = row.dataset.still; delete row.dataset.still; }
    return;
  }
  row.dataset.still ||= row.innerHTML;
  const bucket = Math.min(at, data.when.length - 1);
  const when = document.createElement("span");
  when.textContent = data.when[bucket];
  row.replaceChildren(when, ...chart.readout.map(([name, key, column]) => {
    const part = document.createElement("span");
    if (key) part.className = `key ${key}`;
    const number = document.createElement("b");
    number.textContent = data.texts[column][bucket];
    part.append(`${name} `, number);
    return part;
  }));
}

function seriesOf(chart) {
  return chart.series().map((line) => ({
    spanGaps: false,
    ...line,
    points: line.points ? { ...line.points, show: true, filter: onlyAlone } : { show: false },
  }));
}

function plotOf(figure) {
  const name = figure.dataset.chart;
  const chart = CHARTS[name];
  const holder = figure.querySelector(".plot");
  if (!holder) return null;
  const { zone } = figure.dataset;
  const readout = figure.querySelector("[data-readout]");
  const grid = { stroke: color("line"), width: 1 };
  const axis = { stroke: color("ink-3"), font: GRID_FONT, ticks: { show: false }, grid };
  const marks = () => data.marks[name];
  const plot = new uPlot({
    width: holder.clientWidth,
    height: holder.clientHeight,
    tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), zone),
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { setScale: false } },
    padding: [8, chart.labels ? 36 : 20, 0, 0],
    scales: { y: { range: () => [marks()[0][0], marks().at(-1)[0]] } },
    series: [{}, ...seriesOf(chart)],
    axes: [
      { ...axis, grid: { show: false }, size: 28, space: 72, values: axisTimes },
      {
        ...axis,
        size: labelWidth,
        gap: 8,
        splits: () => marks().map(([value]) => value),
        values: () => marks().map(([, text]) => text),
      },
    ],
    hooks: { draw: [(u) => decorate(u, chart)], setCursor: [(u) => showReadout(readout, chart, u.cursor.idx)] },
  }, columns(chart), holder);
  const fit = () => plot.setSize({ width: holder.clientWidth, height: holder.clientHeight });
  new ResizeObserver(fit).observe(holder);
  return { chart, plot };
}

// The axis is as wide as its longest label, so that labels begin where the caption does.
function labelWidth(u, marks) {
  if (!marks) return 40;
  u.ctx.font = u.axes[1].font[0];
  return Math.ceil(Math.max(...marks.map((mark) => u.ctx.measureText(mark).width)) / devicePixelRatio) + 10;
}

const axisTimes = [
  [86400, "{D} {MMM}", null, null, null, null, null, null, 0],
  [60, "{HH}:{mm}", "{D} {MMM}", null, "{D} {MMM}", null, null, null, 0],
];

// Net under 0 is a series of its own, hatched. A step needs an end: the last bucket's, still filling.
function columns(chart) {
  const gain = data.net.map((net) => Math.max(net, 0));
  const loss = data.net.map((net) => Math.min(net, 0));
  const found = { ...data, gain, loss };
  const starts = [...data.start, data.start.at(-1) + data.step];
  return [starts, ...chart.columns.map((name) => [...found[name], chart.labels ? null : found[name].at(-1)])];
}

let data = null;
let plots = new Map();

function draw() {
  const source = document.querySelector("#tokens script");
  data = source && JSON.parse(source.textContent);
  for (const [figure, { plot }] of plots) {
    if (!figure.isConnected) { plot.destroy(); plots.delete(figure); }
  }
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    const known = plots.get(figure);
    if (known) known.plot.setData(columns(known.chart));
    else {
      const made = plotOf(figure);
      if (made) plots.set(figure, made);
    }
  }
}

function redraw() {
  for (const { plot } of plots.values()) plot.destroy();
  plots = new Map();
  draw();
}

await document.fonts.ready;
draw();
document.body.addEventListener("htmx:after:swap", draw);
for (const media of ["(prefers-color-scheme: dark)", "print"]) {
  matchMedia(media).addEventListener("change", redraw);
}
