/** A new row of what the server learns by one PUT. */

/**
 * @param {{collector: string, campaign: string}} whose
 * @param {string} id
 * @param {string} speaker
 * @param {Record<string, any>} request
 * @returns {import("./db.js").Row}
 */
export function newRow({ collector, campaign }, id, speaker, request) {
  return {
    id,
    collector,
    campaign,
    speaker,
    request,
    sent: false,
    refused: "",
    made_at: Date.now(),
  };
}
