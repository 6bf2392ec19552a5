// The editor of forms, as a clerk will see it in both languages on the preview.
import { FormEditor } from '@bpmn-io/form-js-editor';
import { element, mountEvery } from './elements.js';
import { Draft } from './studio/draft.js';
import { listFaults } from './studio/faults.js';
import { formChinese, formCounted, formPlaced } from './studio/chinese/form.js';
import { missing, translation } from './studio/translation.js';
import { sayInChinese } from './studio/said.js';
import { takeOver, typingModule } from './studio/typing.js';
import { say } from './studio/words.js';

// What people wrote, the form as it will look, and what has its own words (the calendar; code).
const OWN = '.fjs-form-container, .fjs-form-field, .flatpickr-calendar, .cm-editor, .fjs-powered-by, code, pre, .bio-properties-panel-header-label, .bio-properties-panel-collapsible-entry-header-title';

async function mount(place) {
  const canvas = element('div', { class: 'df-studio-canvas df-studio-form' });
  place.replaceChildren(canvas);
  try {
    const editor = new FormEditor({ container: canvas, additionalModules: [translation(formChinese), typingModule('debounce')] });
    editor.on('selection.changed', 10_000, takeOver); // before the panel shows another field
    sayInChinese(canvas, { words: formChinese, counted: formCounted, placed: formPlaced }, OWN);
    const draft = new Draft(place, {
      text: async () => `${JSON.stringify(editor.getSchema(), null, 1)}\n`,
      checked: (faults) => listFaults(faults, place.dataset.name, () => {}),
    });
    await editor.importSchema(JSON.parse(await draft.load()));
    editor.on('commandStack.changed', () => draft.changed());
    undoButtons(editor, draft);
    place.editor = editor;
    place.draft = draft;
    place.missing = missing;
    place.dataset.ready = 'true';
    await draft.check();
  } catch (error) {
    place.replaceChildren(element('p', { class: 'alert alert-danger' }, say('broken', { reason: error.message })));
    place.dataset.ready = 'failed';
    throw error;
  }
}

function undoButtons(editor, draft) {
  if (draft.readonly) return;
  const stack = editor.get('commandStack');
  const button = (words, run) => element('button', { type: 'button', class: 'btn d-none d-md-inline-flex', onclick: run }, words); // a phone reads
  document.querySelector('[data-studio-tools]').prepend(
    button(say('undo'), () => stack.canUndo() && stack.undo()),
    button(say('redo'), () => stack.canRedo() && stack.redo()),
  );
}

mountEvery('[data-studio="form"]', mount);
