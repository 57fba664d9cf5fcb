export { batch, type BatchStageOptions } from "./batch.ts";
export type { StageContext } from "./each_link.ts";
export { flatMap, type FlatMapOptions } from "./flat_map.ts";
export { parallel, type ParallelStageOptions } from "./parallel.ts";
export {
  type MountedPipelineOptions,
  pipeline,
  type PipelineIo,
  type PipelineSlots,
} from "./pipeline.ts";
export type { Pipeline } from "./pipeline_types.ts";
export {
  type PipelineOptions,
  readable,
  type ReadableOptions,
} from "./readable.ts";
export { Received } from "./received.ts";
export { type SinkOptions, type SinkStage, sinkTo } from "./sink_to.ts";
export type { Stage, StageOptions } from "./stage.ts";
export { filter, map, tap, through } from "./stages.ts";
export { withEach } from "./with_each.ts";
