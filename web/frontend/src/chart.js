// Pictures of figures. What it reads from the markup: README.md, "Chart".
import { init, use } from 'echarts/core';
import { BarChart, FunnelChart, HeatmapChart, LineChart, PieChart, SankeyChart, ScatterChart, TreemapChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import { CanvasRenderer } from 'echarts/renderers';
import { mountEvery } from './elements.js';
import { colours } from './chart/colours.js';
import { options } from './chart/options.js';
import { text } from './texts.js';

use([BarChart, FunnelChart, HeatmapChart, LineChart, PieChart, SankeyChart, ScatterChart, TreemapChart]);
use([GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);

const live = new Set();

function mount(place) {
  try {
    const spec = JSON.parse(document.getElementById(place.dataset.chart).textContent);
    place.replaceChildren();
    const picture = init(place, null, { renderer: 'canvas' });
    const one = { place, picture, spec };
    draw(one);
    picture.on('click', ({ data, dataIndex, seriesIndex }) => follow(spec, data, dataIndex, seriesIndex));
    live.add(one);
    new ResizeObserver(() => resized(one)).observe(place);
    place.dataset.ready = 'true';
  } catch (error) {
    place.textContent = text('chartBroken', { reason: error.message });
    place.dataset.ready = 'failed';
  }
}

function draw({ place, picture, spec }, theme) {
  picture.setOption(options(spec, colours(place, theme), place.clientWidth), true);
}

function resized(one) {
  if (!one.place.isConnected) return;
  one.picture.resize();
  draw(one);
}

/** What stands on the page; what htmx has swapped out is let go. */
function standing() {
  for (const one of live) {
    if (one.place.isConnected) continue;
    one.picture.dispose();
    live.delete(one);
  }
  return live;
}

/** A click on a figure opens what it is made of. */
function follow(spec, data, index, series) {
  const to = data?.link ?? spec.series?.[series]?.links?.[index] ?? spec.links?.[index];
  if (to) location.assign(to);
}

const redraw = (theme) => standing().forEach((one) => draw(one, theme));

new MutationObserver(() => redraw()).observe(document.documentElement, { attributeFilter: ['data-bs-theme'] });
document.addEventListener('htmx:afterSettle', standing);
addEventListener('beforeprint', () => redraw('light'));
addEventListener('afterprint', () => redraw());

mountEvery('[data-chart]', mount);
