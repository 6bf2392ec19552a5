// Two versions of a diagram side by side, what differs painted on both; one moves with the other.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import { element, mountEvery } from './elements.js';
import { read } from './server.js';
import { nameBeforeDrawing } from './viewer/labels.js';
import { drawUnseen, fit } from './viewer/opening.js';
import { say } from './studio/words.js';

async function mount(place) {
  try {
    const { marks, names } = await read(place.dataset.marksUrl, 'json');
    const viewers = await Promise.all([...place.querySelectorAll('[data-side]')].map((side) => draw(side, marks, names)));
    together(viewers);
    document.querySelector('main').addEventListener('click', (event) => {
      const id = event.target.closest('.df-studio-changes strong')?.title;
      for (const viewer of viewers) {
        const shape = id && viewer.get('elementRegistry').get(id);
        if (shape) viewer.get('canvas').scrollToElement(shape);
      }
    });
    place.dataset.ready = 'true';
  } catch (error) {
    place.replaceChildren(element('p', { class: 'alert alert-danger' }, say('broken', { reason: error.message })));
    place.dataset.ready = 'failed';
  }
}

async function draw(side, marks, names) {
  const xml = await read(side.dataset.xmlUrl, 'text');
  const { fontFamily } = getComputedStyle(side);
  const viewer = new NavigatedViewer({ container: side, textRenderer: { defaultStyle: { fontFamily } } });
  if (Object.keys(names).length) nameBeforeDrawing(viewer, names, fontFamily);
  const [canvas, registry] = [viewer.get('canvas'), viewer.get('elementRegistry')];
  await drawUnseen(viewer, xml, () => {
    fit(viewer);
    for (const [id, how] of Object.entries(marks)) {
      if (registry.get(id)?.parent) canvas.addMarker(id, `df-${how}`);
    }
  });
  const first = Object.keys(marks).find((id) => registry.get(id)?.parent && marks[id] !== 'moved');
  if (canvas.zoom() < 0.5 && first) {
    canvas.zoom(0.6);
    canvas.scrollToElement(registry.get(first));
  }
  return viewer;
}

/** Moving one diagram moves the other. */
function together(viewers) {
  let moving = false;
  for (const viewer of viewers) {
    viewer.on('canvas.viewbox.changed', ({ viewbox }) => {
      if (moving) return;
      moving = true;
      for (const other of viewers) {
        if (other === viewer) continue;
        const { x, y, width, height } = viewbox;
        other.get('canvas').viewbox({ x, y, width, height });
      }
      moving = false;
    });
  }
}

mountEvery('[data-studio="compare"]', mount);
