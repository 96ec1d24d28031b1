/** The browser's promise not to clear the recordings away; given to apps that are installed or used often. */

/** @returns {Promise<boolean>} whether it is given */
export async function askToKeep() {
  return (await navigator.storage?.persist?.()) ?? false;
}
