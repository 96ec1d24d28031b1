/** Pure: count samples on plateaus near the peak, the sign that the tops of the waves were cut off. */

const NEAR_PEAK = 0.98;
const SHORTEST_RUN = 3;
const STEP = Math.log(1.0025);
/** Heights, a quarter of a percent apart, up to the largest sample. */
const HEIGHTS = Array.from({ length: Math.ceil(Math.log(32768) / STEP) + 1 }, (_, at) =>
  Math.exp(at * STEP),
);

/**
 * The plateaus of one sign of a take, counted while its peak is still growing.
 *
 * The server looks for runs of samples within 2 % of the final peak. Here they are counted at every
 * height from 2 % below the peak so far: above it nothing has been, so whatever the peak grows to,
 * the height that lies 2 % below it has seen everything.
 */
export class Plateau {
  top = 0;
  /** The lowest and the highest height that can still matter. */
  lowest = 0;
  highest = -1;
  /** The height of `lowest`: samples from there on are near the peak. */
  bar = 1;
  /** The last sample was near the peak. */
  near = false;
  /** By height: samples in the run under way, runs, samples in runs. */
  run = new Int32Array(HEIGHTS.length);
  runs = new Int32Array(HEIGHTS.length);
  samples = new Int32Array(HEIGHTS.length);

  /** @param {number} size of a sample, in this sign; needed for those >= bar and for the one after */
  see(size) {
    if (size > this.top) {
      this.top = size;
      this.highest = Math.floor(Math.log(size) / STEP);
      this.lowest = Math.max(0, Math.round(Math.log(NEAR_PEAK * size) / STEP));
      this.bar = Number(HEIGHTS[this.lowest]);
    }
    this.near = size >= this.bar;
    const { run, runs, samples } = this;
    for (let at = this.lowest; at <= this.highest; at++) {
      const length = Number(run[at]);
      if (size >= Number(HEIGHTS[at])) run[at] = length + 1;
      else if (length) {
        run[at] = 0;
        if (length < SHORTEST_RUN) continue;
        runs[at] = Number(runs[at]) + 1;
        samples[at] = Number(samples[at]) + length;
      }
    }
  }

  /** Return runs and samples in them; nothing more comes after. */
  end() {
    this.see(0);
    return { runs: this.runs[this.lowest] ?? 0, samples: this.samples[this.lowest] ?? 0 };
  }
}
