/* The scripts' sentences in the reader's language: a page that brings Django's catalogue
   along has it here. English needs none. */

export const gettext = globalThis.django?.gettext ?? ((words) => words);

/* "saved at %(at)s" with its values. */
export const interpolate = (words, values) =>
  words.replace(/%\((\w+)\)s/g, (_hole, name) => values[name]);
