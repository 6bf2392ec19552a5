// The modeler with its words, the choices of the house and tokens to try a diagram with.
import Modeler from 'camunda-bpmn-js/lib/camunda-platform/Modeler';
import TokenSimulationModule from 'bpmn-js-token-simulation/lib/modeler';
import './styles.js';
import { language } from '../texts.js';
import { bpmnChinese } from './chinese/bpmn.js';
import { choicesModule } from './choices.js';

/** Words that an editor asked for and that have no Chinese: a test reads them. */
export const missing = new Set();

export const translation = (catalogue) => ({
  translate: [
    'value',
    (template, values = {}) => {
      let words = template;
      if (language() === 'zh' && template) {
        words = catalogue[template];
        if (words === undefined) {
          if (/[a-z]{2}/i.test(template) && !/[一-鿿]/.test(template)) missing.add(template);
          words = template;
        }
      }
      return String(words ?? '').replace(/\{([^}]+)\}/g, (whole, name) => (name in values ? values[name] : whole));
    },
  ],
});

export function newModeler(container, panel, choices) {
  // By name: the labels are measured on a canvas, which does not know what "inherit" means.
  const { fontFamily } = getComputedStyle(container);
  return new Modeler({
    container,
    propertiesPanel: { parent: panel },
    textRenderer: { defaultStyle: { fontFamily } },
    additionalModules: [translation(bpmnChinese), choicesModule(choices), TokenSimulationModule],
  });
}
