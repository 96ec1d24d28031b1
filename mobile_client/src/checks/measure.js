/** Pure: the measures of a take that the phone can tell at once, in the server's names and units. */

const FULL_SCALE = 32767;

/**
 * Return what backend/quality/measures.py calls by the same names: `duration_s`, `peak` (1 is full
 * scale), `rms_dbfs`, `full_scale_share`, `zero_run_s` (the longest run of zeros inside the take;
 * those before the first sound are a microphone that wakes up, and are not counted).
 *
 * @param {Int16Array} samples
 * @param {number} rate Hz
 * @returns {Record<string, number>}
 */
export function measure(samples, rate) {
  let peak = 0;
  let atFullScale = 0;
  let squares = 0;
  let run = 0;
  let longestRun = 0;
  let heard = false;
  for (const sample of samples) {
    const size = Math.abs(sample);
    if (size > peak) peak = size;
    if (size >= FULL_SCALE) atFullScale++;
    squares += sample * sample;
    if (sample === 0) {
      run++;
      continue;
    }
    if (heard && run > longestRun) longestRun = run;
    heard = true;
    run = 0;
  }
  const count = samples.length;
  const rms = count ? Math.sqrt(squares / count) / 32768 : 0;
  return {
    duration_s: round(count / rate),
    peak: round(peak / 32768),
    // No sound at all has no level in decibels; JSON has no infinity either.
    rms_dbfs: round(rms > 0 ? 20 * Math.log10(rms) : -120),
    full_scale_share: count ? atFullScale / count : 0,
    zero_run_s: round(longestRun / rate),
  };
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 1e5) / 1e5;
}
