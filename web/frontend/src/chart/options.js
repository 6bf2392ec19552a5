// From what a page says about its figures to what ECharts draws. Amounts come as strings: they are numbers only here.
import { short, whole } from './figures.js';

const NARROW = 560;
const figure = (value) => (value === null || value === undefined || value === '' ? null : Number(value));
const ROUND = { pie: 'pie', funnel: 'funnel', treemap: 'treemap' };

/** ECharts options for a page's description, the colours of the moment and the width there is. */
export function options(spec, colours, width) {
  const narrow = width < NARROW;
  const drawn = { ...ground(colours), ...parts(spec, colours, narrow) };
  drawn.tooltip = { ...tip(colours), ...drawn.tooltip };
  return drawn;
}

function parts(spec, colours, narrow) {
  if (spec.kind in ROUND) return rounded(spec, colours, narrow);
  if (spec.kind === 'heat') return heat(spec, colours, narrow);
  if (spec.kind === 'sankey') return sankey(spec, colours);
  if (spec.kind === 'scatter') return scatter(spec, colours, narrow);
  return crossed(spec, colours, narrow);
}

const ground = (colours) => ({
  animation: false,
  color: colours.row,
  backgroundColor: 'transparent',
  textStyle: { fontFamily: colours.font, color: colours.text },
});

const tip = (colours) => ({
  renderMode: 'richText', // a tip of HTML would need styles that the security policy forbids
  confine: true,
  backgroundColor: colours.ground,
  borderColor: colours.line,
  textStyle: { color: colours.text, fontFamily: colours.font, fontSize: 13 },
});

const legend = (colours, names) => ({
  show: names.length > 1,
  type: 'scroll',
  top: 0,
  data: names,
  itemWidth: 16,
  itemHeight: 10,
  textStyle: { color: colours.text },
  pageTextStyle: { color: colours.quiet },
  pageIconColor: colours.text,
  pageIconInactiveColor: colours.line,
});

const colour = (name, colours) => colours.named[name] ?? colours.row[Number(name) - 1] ?? undefined;

// Lines, areas and bars over one axis of names, times or numbers.
function crossed(spec, colours, narrow) {
  const names = categories(spec, colours, narrow);
  const values = [spec.y ?? {}, ...(spec.y2 ? [spec.y2] : [])].map((axis, at) => valueAxis(axis, colours, at, narrow, at ? [] : spec.marks));
  const series = (spec.series ?? []).map((one) => line(one, spec, colours));
  if (series.length && spec.marks?.length) series[0].markLine = marks(spec, colours, narrow);
  const [xAxis, yAxis] = spec.horizontal ? [values.map((one) => ({ ...one, ...BELOW })), { ...names, inverse: true }] : [names, values];
  return {
    legend: legend(colours, series.map((one) => one.name)),
    grid: grid(spec, series.length > 1),
    xAxis,
    yAxis,
    series,
    tooltip: { trigger: 'axis', axisPointer: { type: series.some((one) => one.type === 'bar') ? 'shadow' : 'line' }, order: 'seriesAsc' },
  };
}

/** Where the unit of an axis stands that lies below the picture. */
const BELOW = { nameLocation: 'middle', nameGap: 28 };

const grid = (spec, hasLegend) => ({
  top: (hasLegend ? 40 : 14) + (spec.y?.name && !spec.horizontal ? 22 : 0) + (spec.marks?.length && spec.horizontal ? 10 : 0),
  right: spec.marks?.length && spec.horizontal !== true ? 22 : 18,
  bottom: (spec.x?.name ? 26 : 6) + (spec.horizontal && spec.y?.name ? 22 : 0),
  left: 6,
  outerBoundsMode: 'same',
  outerBoundsContain: 'axisLabel',
});

function categories(spec, colours, narrow) {
  const axis = spec.x ?? {};
  return {
    type: axis.type ?? 'category',
    data: axis.values,
    name: leans(spec) ? undefined : axis.name,
    nameLocation: 'middle',
    nameGap: 30,
    nameTextStyle: { color: colours.quiet },
    axisLine: { lineStyle: { color: colours.line } },
    axisTick: { show: false },
    axisLabel: { color: colours.quiet, ...(leans(spec) ? leaning(narrow) : room(spec, narrow)) },
    boundaryGap: (spec.series ?? []).some((one) => (one.kind ?? spec.kind) === 'bar'),
    splitLine: { show: false },
  };
}

/** Names below one another all stand; beside one another many of them lean, on a phone almost upright. */
const leans = (spec) => !spec.horizontal && (spec.series ?? []).some((one) => one.points) && (spec.x?.values?.length ?? 0) > 10;
const leaning = (narrow) => (narrow ? { interval: 0, rotate: 75, width: 84, fontSize: 10, overflow: 'truncate' } : { interval: 0, rotate: 30 });
const room = (spec, narrow) => (spec.horizontal ? { interval: 0, width: narrow ? 120 : 190, overflow: 'truncate' } : { hideOverlap: true, overflow: 'truncate' });

/** The axis reaches to every line across it. */
function reaching(marks = []) {
  const most = Math.max(...marks.filter((one) => (one.along ?? 'y') === 'y').map((one) => figure(one.value)));
  return Number.isFinite(most) ? ({ max }) => (most > max ? niceAbove(most) : null) : undefined;
}

/** A scale of shares ends at none and at all of them, unless a value lies beyond. */
const noShareBelowNone = ({ min }) => (min >= 0 ? 0 : null);
const noShareAboveAll = ({ max }) => (max > 0.8 && max <= 1 ? 1 : null);

function niceAbove(value) {
  const step = 10 ** Math.floor(Math.log10(Math.abs(value) || 1)) / 10;
  return Math.ceil((value * 1.04) / step) * step;
}

function valueAxis(axis, colours, at, narrow, marks) {
  return {
    type: 'value',
    name: axis.name,
    nameTextStyle: { color: colours.quiet, align: at ? 'right' : 'left' },
    min: axis.min ?? (axis.form === 'percent' ? noShareBelowNone : undefined),
    max: axis.max ?? reaching(marks) ?? (axis.form === 'percent' ? noShareAboveAll : undefined),
    splitNumber: narrow ? 3 : 5,
    minInterval: axis.form === 'count' ? 1 : undefined,
    axisLabel: { color: colours.quiet, formatter: short(axis.form), hideOverlap: true },
    splitLine: { show: !at, lineStyle: { color: colours.line } },
    axisLine: { show: false },
    alignTicks: at > 0 && !(axis.form === 'percent' && Number(axis.max) === 1), // shares stand at round ones
  };
}

function line(one, spec, colours) {
  const kind = one.kind ?? spec.kind;
  const form = (one.axis === 2 ? spec.y2 : spec.y)?.form;
  const own = colour(one.colour, colours);
  const base = {
    name: one.name,
    data: one.values.map((value, at) => point(value, one, at, colours)),
    [spec.horizontal ? 'xAxisIndex' : 'yAxisIndex']: one.axis === 2 ? 1 : 0,
    stack: one.stack,
    itemStyle: { ...(own ? { color: own } : {}), ...(one.stack ? hatched(one.colour, colours) : {}) },
    tooltip: { valueFormatter: whole(form) },
    cursor: one.links || spec.links ? 'pointer' : 'default',
  };
  if (kind === 'bar') return { ...base, type: 'bar', barMaxWidth: 36, barMinHeight: 1 };
  return {
    ...base,
    type: 'line',
    step: one.step ? 'end' : undefined,
    showSymbol: one.values.length <= 40,
    showAllSymbol: true, // else those go whose name has no room on the axis
    symbolSize: one.points ? 9 : 5,
    lineStyle: { width: one.points ? 0 : 2, color: own, type: one.dashed ? 'dashed' : 'solid' },
    areaStyle: kind === 'area' ? { opacity: 0.25, color: own } : undefined,
  };
}

/** What is piled up is told apart without its colour as well: late is dotted, overdue and the like are striped. */
function hatched(name, colours) {
  const shape = { warning: { symbol: 'circle', symbolSize: 0.7, dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0] }, danger: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 } }[name];
  return shape ? { decal: { ...shape, color: colours.ground } } : {};
}

function point(value, one, at, colours) {
  const said = one.colours?.[at];
  const drawn = Array.isArray(value) ? value.map((part, place) => (place ? figure(part) : part)) : figure(value);
  return said ? { value: drawn, itemStyle: { color: colour(said, colours) } } : drawn;
}

const marks = (spec, colours, narrow) => ({
  silent: true,
  symbol: 'none',
  data: spec.marks.map((one) => {
    const own = colour(one.colour ?? 'danger', colours);
    const along = (one.along ?? 'y') === 'y' ? (spec.horizontal ? 'xAxis' : 'yAxis') : spec.horizontal ? 'yAxis' : 'xAxis';
    return {
      [along]: along === 'yAxis' || spec.horizontal ? figure(one.value) : one.value,
      name: one.name,
      lineStyle: { color: own, type: 'dashed', width: 1.5 },
      label: { show: !narrow || spec.marks.length < 3, formatter: '{b}', color: own, position: along === 'yAxis' ? 'insideEndTop' : spec.horizontal ? 'start' : 'end' },
    };
  }),
});

// Shares of a whole: names of the x axis, values of the first series.
function rounded(spec, colours, narrow) {
  const [one] = spec.series;
  const form = whole(spec.y?.form);
  const data = spec.x.values.map((name, at) => ({ name, value: figure(one.values[at]), link: one.links?.[at] ?? spec.links?.[at], ...tinted(one, at, colours) }));
  const label = { color: colours.text, fontFamily: colours.font };
  const shapes = {
    pie: { radius: ['45%', '70%'], center: ['50%', narrow ? '56%' : '50%'], label: { ...label, show: !narrow, formatter: '{b}\n{d}%' }, itemStyle: { borderColor: colours.ground, borderWidth: 1 } },
    funnel: { sort: 'none', left: '4%', right: '4%', top: 10, bottom: 10, gap: 2, label: { show: true, position: 'inside', formatter: ({ name, value }) => `${name}  ${form(value)}`, textBorderWidth: 2 } },
    treemap: { top: 0, left: 0, right: 0, bottom: 0, roam: false, nodeClick: false, breadcrumb: { show: false }, label: { formatter: ({ name, value }) => `${name}\n${form(value)}` }, itemStyle: { borderColor: colours.ground, gapWidth: 2 } },
  };
  return {
    legend: spec.kind === 'pie' && narrow ? legend(colours, spec.x.values) : { show: false },
    series: [{ type: ROUND[spec.kind], name: one.name, data, ...shapes[spec.kind] }],
    tooltip: { trigger: 'item', valueFormatter: form },
  };
}

const tinted = (one, at, colours) => (one.colours?.[at] ? { itemStyle: { color: colour(one.colours[at], colours) } } : {});

// A field of cells: values are [column, row, figure], columns and rows by name.
function heat(spec, colours, narrow) {
  const [one] = spec.series;
  const data = one.values.map(([x, y, value], at) => ({ value: [x, y, figure(value)], link: one.links?.[at], ...tinted(one, at, colours) }));
  const most = Math.max(1, ...data.map(({ value }) => value[2] ?? 0));
  const names = (axis) => ({ type: 'category', data: axis.values, name: axis.name, nameLocation: 'middle', nameGap: 34, nameTextStyle: { color: colours.quiet }, axisTick: { show: false }, axisLine: { lineStyle: { color: colours.line } }, axisLabel: { color: colours.quiet, hideOverlap: true } });
  return {
    grid: { top: 10, right: 14, bottom: spec.x.name ? 30 : 6, left: spec.y.name ? 30 : 6, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: names(spec.x),
    yAxis: names(spec.y),
    visualMap: { show: false, min: 0, max: most, inRange: { color: [colours.low, colours.row[0]] } },
    series: [{ type: 'heatmap', name: one.name, data, label: { show: !narrow || data.length <= 60, color: colours.text, textBorderColor: colours.ground, textBorderWidth: 2, formatter: ({ value }) => (value[2] ? short(one.form)(value[2]) : '') }, itemStyle: { borderColor: colours.ground, borderWidth: 1 } }],
    tooltip: { trigger: 'item', formatter: ({ value }) => `${spec.x.values[value[0]]} · ${spec.y.values[value[1]]}: ${whole(one.form)(value[2])}` },
  };
}

// Points: values are [x, y, size, name].
function scatter(spec, colours, narrow) {
  const sizes = spec.series.flatMap((one) => one.values.map((value) => figure(value[2]) ?? 0));
  const most = Math.max(1, ...sizes);
  const shape = (one) => ({
    type: 'scatter',
    name: one.name,
    data: one.values.map(([x, y, size, name], at) => ({ name, value: [figure(x), figure(y), figure(size)], link: one.links?.[at], ...tinted(one, at, colours) })),
    symbolSize: (value) => (value[2] ? 8 + 26 * Math.sqrt(value[2] / most) : 10),
    itemStyle: { opacity: 0.8, ...(one.colour ? { color: colour(one.colour, colours) } : {}) },
  });
  const series = spec.series.map(shape);
  if (spec.marks?.length) series[0].markLine = marks(spec, colours, narrow);
  const across = { ...valueAxis({ ...spec.x, name: undefined }, colours, 0, narrow), name: spec.x?.name, nameLocation: 'middle', nameGap: 30 };
  return {
    legend: legend(colours, series.map((one) => one.name)),
    grid: grid(spec, series.length > 1),
    xAxis: across,
    yAxis: valueAxis(spec.y ?? {}, colours, 0, narrow),
    series,
    tooltip: { trigger: 'item', formatter: ({ name, value }) => `${name}\n${spec.x?.name ?? ''} ${whole(spec.x?.form)(value[0])}\n${spec.y?.name ?? ''} ${whole(spec.y?.form)(value[1])}` },
  };
}

// What flows from one to another: links are {source, target, value}.
function sankey(spec, colours) {
  const data = spec.nodes.map((one) => (typeof one === 'string' ? { name: one } : one));
  const links = spec.flows.map((one) => ({ ...one, value: figure(one.value) }));
  const form = whole(spec.y?.form);
  return {
    series: [{ type: 'sankey', data, links, left: 6, right: 120, top: 10, bottom: 10, label: { color: colours.text }, lineStyle: { color: 'gradient', opacity: 0.35 }, emphasis: { focus: 'adjacency' } }],
    tooltip: { trigger: 'item', valueFormatter: form },
  };
}
