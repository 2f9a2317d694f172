namespace Dapr.Anomaly.Platform.Telemetry;

/// <summary>Every metric the services emit. The names are a contract with dashboards, rules and runbooks.</summary>
public static class MetricNames
{
    public const string InferenceDuration = "anomaly_detector_inference_duration_seconds";
    public const string Predictions = "anomaly_detector_predictions_total";
    public const string AnomaliesDetected = "anomaly_detector_anomalies_detected_total";
    public const string ModelAccuracy = "anomaly_detector_model_accuracy";
    public const string InferenceFailures = "anomaly_detector_inference_failures_total";
    public const string ModelLoaded = "anomaly_detector_model_loaded_timestamp_seconds";

    public const string SampleToScore = "anomaly_detector_sample_to_score_seconds";
    public const string Series = "anomaly_detector_series";
    public const string SamplesCollected = "anomaly_detector_samples_collected_total";
    public const string CollectionDuration = "anomaly_detector_collection_duration_seconds";
    public const string CollectionFailures = "anomaly_detector_collection_failures_total";
    public const string CollectionHoles = "anomaly_detector_collection_holes_total";
    public const string LastCollection = "anomaly_detector_last_collection_timestamp_seconds";

    public const string StageCpu = "anomaly_detector_stage_cpu_seconds_total";
    public const string StageSamples = "anomaly_detector_stage_samples_total";
    public const string RefusedMessages = "anomaly_detector_refused_messages_total";

    public const string RefusedSamples = "anomaly_detector_refused_samples_total";
    public const string RewoundWindows = "anomaly_detector_rewound_windows_total";
    public const string ForgottenSeries = "anomaly_detector_forgotten_series_total";
    public const string SeriesMemory = "anomaly_detector_series_memory_bytes";
    public const string WindowFailures = "anomaly_detector_window_failures_total";
    public const string UnpublishedSamples = "anomaly_detector_unpublished_samples_total";

    public const string TrainingRuns = "anomaly_detector_training_runs_total";
    public const string TrainingDuration = "anomaly_detector_training_step_duration_seconds";
    public const string ScheduledTrainings = "anomaly_detector_scheduled_trainings_total";

    public const string OpenIncidents = "anomaly_detector_open_incidents";
    public const string Incidents = "anomaly_detector_incidents_total";
    public const string IncidentsHeldBack = "anomaly_detector_incidents_held_back_total";
    public const string Notifications = "anomaly_detector_notifications_total";
    public const string LoopFailures = "anomaly_detector_loop_failures_total";
    public const string LoopUp = "anomaly_detector_loop_up";

    public const string NotificationsPending = "anomaly_detector_notifications_pending";
    public const string RegistryPending = "anomaly_detector_registry_pending_operations";
}
