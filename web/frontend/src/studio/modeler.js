// The modeler with its words, the choices of the house and tokens to try a diagram with.
import Modeler from 'camunda-bpmn-js/lib/camunda-platform/Modeler';
import { RemoveTemplatesModule } from 'bpmn-js-create-append-anything';
import TokenSimulationModule from 'bpmn-js-token-simulation/lib/modeler';
import { bpmnChinese } from './chinese/bpmn.js';
import { choicesModule } from './choices.js';
import { translation } from './translation.js';
import { takeOver, typingModule } from './typing.js';

/** Without element templates, whose package is left out of the bundle (no-templates.js). */
class Untemplated extends Modeler {}
Untemplated.prototype._modules = Modeler.prototype._modules.filter((one) => one !== RemoveTemplatesModule);

/** A modeler, and the function that shows its panel of properties; until then `choices` may be filled. */
export function newModeler(container, panel, choices) {
  // By name: the labels are measured on a canvas, which does not know what "inherit" means.
  const { fontFamily } = getComputedStyle(container);
  const modeler = new Untemplated({
    container,
    propertiesPanel: { parent: panel },
    textRenderer: { defaultStyle: { fontFamily } },
    additionalModules: [translation(bpmnChinese), choicesModule(choices), TokenSimulationModule, typingModule('debounceInput')],
  });
  modeler.on('selection.changed', 10_000, takeOver); // before the panel shows another element
  return { modeler, showPanel: panelLater(modeler) };
}

/** The panel of properties waits until it is told to show itself: it takes as long as sixty elements of the diagram. */
function panelLater(modeler) {
  const panel = modeler.get('propertiesPanel');
  const draw = panel._render.bind(panel);
  let root;
  panel._render = (element) => (root = element);
  return () => {
    delete panel._render;
    if (root) draw(modeler.get('selection').get()[0] ?? root);
  };
}
