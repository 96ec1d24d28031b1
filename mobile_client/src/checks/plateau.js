/** Pure: count samples on plateaus near the peak, the sign that the tops of the waves were cut off. */

const NEAR_PEAK = 0.99;
const SHORTEST_RUN = 3;
const STEP = Math.log(1.0025);
const LARGEST = 32768;

/**
 * The plateaus of one sign of a take, counted while its peak is still growing.
 *
 * The server looks for runs of samples within 1 % of the final peak. Here they are counted at every
 * height, a quarter of a percent apart, from 1 % below the peak so far. Above it nothing has been,
 * so whatever the peak grows to, the height that lies 1 % below it has seen everything.
 */
export class Plateau {
  top = 0;
  lowest = 0;
  /** Samples from here on are near the peak; whether the last one was. */
  bar = 1;
  near = false;
  tallies = Array.from({ length: Math.log(LARGEST) / STEP + 1 }, (_, at) => ({
    height: Math.exp(at * STEP),
    run: 0,
    runs: 0,
    samples: 0,
  }));

  /**
   * @param {number} size of a sample, in this sign; needed for those >= bar and for the one after
   * @returns {{runs: number, samples: number} | undefined} what is on plateaus so far
   */
  see(size) {
    if (size > this.top) {
      this.top = size;
      this.lowest = Math.max(0, Math.round(Math.log(NEAR_PEAK * size) / STEP));
      this.bar = this.tallies[this.lowest]?.height ?? size;
    }
    this.near = size >= this.bar;
    for (let at = this.lowest; ; at++) {
      const tally = this.tallies[at];
      if (!tally || tally.height > this.top) return this.tallies[this.lowest];
      if (size >= tally.height) tally.run++;
      else {
        if (tally.run >= SHORTEST_RUN) {
          tally.runs++;
          tally.samples += tally.run;
        }
        tally.run = 0;
      }
    }
  }
}
