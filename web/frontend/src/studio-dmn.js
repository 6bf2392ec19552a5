// The editor of decision tables: the tables themselves, gaps and overlaps by row, and the tests kept beside them.
import { CamundaPlatformModeler as Modeler } from 'camunda-dmn-js/dist/index.esm.js';
import { element, mountEvery } from './elements.js';
import { Draft } from './studio/draft.js';
import { listFaults } from './studio/faults.js';
import { dmnChinese } from './studio/chinese/dmn.js';
import { missing, translation } from './studio/translation.js';
import { typingModule } from './studio/typing.js';
import { say } from './studio/words.js';
import { rowTests } from './studio/row-tests.js';

async function mount(place) {
  const canvas = element('div', { class: 'df-studio-canvas df-studio-table' });
  const panel = element('aside', { class: 'df-studio-properties', 'aria-label': say('properties') });
  const views = element('nav', { class: 'df-studio-views', 'aria-label': say('decision') });
  place.replaceChildren(canvas, panel);
  place.before(views);
  try {
    const common = { additionalModules: [translation(dmnChinese), typingModule('debounceInput')] };
    const modeler = new Modeler({
      container: canvas,
      drd: { ...common, propertiesPanel: { parent: panel } },
      decisionTable: common,
      literalExpression: common,
      boxedExpression: common,
    });
    const draft = new Draft(place, {
      text: async () => (await modeler.saveXML({ format: true })).xml,
      checked: (faults) => listFaults(faults, place.dataset.name, (fault) => show(modeler, fault)),
    });
    const xml = await draft.load();
    await modeler.importXML(xml);
    const list = () => listViews(modeler, views, panel);
    modeler.on('views.changed', list);
    const first = modeler.getViews().find((view) => view.type === 'decisionTable') ?? modeler.getViews()[0];
    const heard = new WeakSet();
    const listen = () => {
      const viewer = modeler.getActiveViewer();
      if (!viewer || heard.has(viewer)) return;
      heard.add(viewer);
      viewer.on('commandStack.changed', () => draft.changed());
    };
    modeler.on('views.changed', listen);
    await modeler.open(first);
    listen();
    list();
    undoButtons(modeler, draft);
    place.modeler = modeler;
    place.draft = draft;
    place.missing = missing;
    place.dataset.ready = 'true';
    await draft.check();
    await rowTests(place, draft);
  } catch (error) {
    place.replaceChildren(element('p', { class: 'alert alert-danger' }, say('broken', { reason: error.message })));
    place.dataset.ready = 'failed';
    throw error;
  }
}

function listViews(modeler, nav, panel) {
  const active = modeler.getActiveView();
  panel.hidden = active?.type !== 'drd';
  nav.replaceChildren(
    ...modeler.getViews().map((view) =>
      element(
        'button',
        { type: 'button', class: `btn btn-sm${view === active ? ' active' : ''}`, 'aria-pressed': String(view === active), onclick: () => modeler.open(view) },
        view.type === 'drd' ? 'DRD' : (view.name ?? view.id),
      ),
    ),
  );
}

/** The decision in which a fault stands. */
function show(modeler, fault) {
  const view = modeler.getViews().find((one) => {
    const seen = [one.element];
    while (seen.length) {
      const next = seen.pop();
      if (next?.id === fault.element) return true;
      seen.push(...[next?.decisionLogic, ...(next?.rule ?? []), ...(next?.input ?? []), ...(next?.output ?? [])].filter(Boolean));
    }
    return false;
  });
  if (view) modeler.open(view);
}

function undoButtons(modeler, draft) {
  if (draft.readonly) return;
  const run = (what) => () => modeler.getActiveViewer()?.get('commandStack')[what]();
  document.querySelector('[data-studio-tools]').prepend(
    element('button', { type: 'button', class: 'btn d-none d-md-inline-flex', onclick: run('undo') }, say('undo')),
    element('button', { type: 'button', class: 'btn d-none d-md-inline-flex', onclick: run('redo') }, say('redo')),
  );
}

mountEvery('[data-studio="decision"]', mount);
