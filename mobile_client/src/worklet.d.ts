/** What browsers know of sound and TypeScript's DOM library does not. */
declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][]): boolean;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
/** In the audio thread: the number of the first sample of this quantum. */
declare const currentFrame: number;

/** Chromium: a track's sound as a stream, without Web Audio between. */
declare class MediaStreamTrackProcessor {
  constructor(init: { track: MediaStreamTrack; maxBufferSize?: number });
  readonly readable: ReadableStream<AudioData>;
}
