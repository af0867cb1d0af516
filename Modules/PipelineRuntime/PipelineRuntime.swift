// PipelineRuntime
