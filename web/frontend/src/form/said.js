// What a form says with values in it. Law: a value is text; it may come from whoever filled the public form, so it brings
// no element, no picture and no way out of the house. What stays of a link leads within the house, calls or writes.
// Amounts have separators; where a value is missing that would be said in bold stands a dash.
import { MarkdownRenderer } from '@bpmn-io/form-js-viewer';
import { amountsIn } from './amounts.js';

const NOTHING_BOLD = /(?<!\*)\*{4}(?!\*)/g;

const WITHIN = /^(?:\/(?![/\\])|tel:|mailto:)/i;

class Said extends MarkdownRenderer {
  /** Markdown to HTML; a link elsewhere becomes its words, a picture what is written for it. */
  render(markdown) {
    const page = new DOMParser().parseFromString(super.render(amountsIn(markdown.replaceAll('<', '&lt;').replace(NOTHING_BOLD, '—'))), 'text/html');
    for (const link of page.querySelectorAll('a')) {
      if (!WITHIN.test(link.getAttribute('href') ?? '')) link.replaceWith(...link.childNodes);
    }
    for (const picture of page.querySelectorAll('img')) picture.replaceWith(picture.alt);
    return page.body.innerHTML;
  }
}
Said.$inject = [];

export const saidModule = { markdownRenderer: ['type', Said] };
