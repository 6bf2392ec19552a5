// The modeler and its properties panel in Chinese, in the words of docs/glossary.md.
export const bpmnChinese = {};
