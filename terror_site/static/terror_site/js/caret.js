/* Where somebody writes, to be given back after a dialog: the box and the place in it.
   Chromium gives a text box its focus back, but keys would no longer reach it. */

export function rememberedCaret() {
  const writing = document.activeElement;
  const { selectionStart, selectionEnd } = writing;
  return () => {
    writing.blur();
    writing.focus();
    writing.setSelectionRange?.(selectionStart, selectionEnd);
  };
}
