// Owns: every limit and interval of the service, each with its unit, default and reason. Never: where things are (addresses, folders).

using System.Text.RegularExpressions;

namespace ProvingService.Service;

/// <summary>
/// The service's knobs. Each default suits one machine that proves for a few teams; whoever changes one finds here what
/// it guards. <see cref="Validate"/> says which value is out of its range.
/// </summary>
public sealed partial record ServiceOptions
{
    /// <summary>Waiting jobs of all tenants together. Default 20,000: what a machine proves in hours; beyond it a client is better told to come back.</summary>
    public int MaxQueued { get; init; } = 20_000;

    /// <summary>Waiting jobs of one tenant. Default 12,000: nobody fills the queue alone.</summary>
    public int MaxQueuedOfTenant { get; init; } = 12_000;

    /// <summary>JSON inputs of a job in bytes. Default 16 MiB: 1,024 transfers take 1 MiB.</summary>
    public int MaxInputBytes { get; init; } = 16 << 20;

    /// <summary>A witness file in bytes. Default 4 GiB: 2^27 elements, the largest domain here.</summary>
    public long MaxWitnessBytes { get; init; } = 4L << 30;

    /// <summary>A key or circuit file in bytes. Default 256 GiB: a key for a domain of 2^27.</summary>
    public long MaxKeyBytes { get; init; } = 256L << 30;

    /// <summary>
    /// Inputs up to so many bytes are kept in the store, longer ones as files. Default 64 KiB: one write to the disk for a job instead of three.
    /// </summary>
    public int InlineInputBytes { get; init; } = 64 << 10;

    /// <summary>Labels of a job. Default 16: they are filtered one by one.</summary>
    public int MaxLabels { get; init; } = 16;

    /// <summary>The length of a lease. Default 15 s: so long a job rests when its worker dies.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a worker says what it does. Default 250 ms: what a watcher feels as live; short jobs end before.</summary>
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often leases that ran out are looked for. Default 1 s; small beside <see cref="LeaseDuration"/>.</summary>
    public TimeSpan ReapInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest that a worker or watcher waits for a signal before it looks by itself. Default 1 s; signals do come, this is for when one is lost.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Attempts at a job that fails in a way that another attempt may mend. Default 3.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Lost workers after which a job is set aside. Default 3: a job that kills its workers must not take the fourth.</summary>
    public int MaxLostLeases { get; init; } = 3;

    /// <summary>The rest after the first failed attempt, doubled each time. Default 1 s.</summary>
    public TimeSpan FirstRest { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest rest. Default 1 min.</summary>
    public TimeSpan LongestRest { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long finished jobs and their proofs are kept. Default 7 days.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long a worker that ends lets jobs under way finish before it hands them back. Default 30 s, which Kubernetes grants too.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Jobs at the same time in a worker. Default 2: while one writes to the disk, the other proves; one proof uses all cores.</summary>
    public int Slots { get; init; } = 2;

    /// <summary>
    /// Memory for attempts in a process, in bytes, beside the keys; its workers share it in equal parts. 0, the default, is 40 % of
    /// the machine's or container's.
    /// </summary>
    public long JobMemoryBytes { get; init; }

    /// <summary>Memory for keys in a process, in bytes; they are mapped files, and its workers use the same. 0, the default, is 40 % of the machine's or container's.</summary>
    public long KeyMemoryBytes { get; init; }

    /// <summary>Submissions a second by one API key, on average. Default 500: a quarter of what SQLite takes.</summary>
    public int SubmissionsPerSecond { get; init; } = 500;

    /// <summary>Submissions at once by one API key. Default 2,000.</summary>
    public int SubmissionBurst { get; init; } = 2_000;

    /// <summary>Requests of any kind a second by one API key, on average, and at once. Default 2,000: dashboards and watchers need tens.</summary>
    public int RequestsPerSecond { get; init; } = 2_000;

    /// <summary>
    /// How often in a minute one address (of IPv6, one /64) may bring a key or token that is not valid. Default 20: a person's mistakes
    /// pass, a flood of signatures to check does not. API keys that are valid pass always.
    /// </summary>
    public int FailuresPerMinute { get; init; } = 20;

    /// <summary>The longest life of a token, from <c>iat</c> to <c>exp</c>. Default 1 day: a token cannot be revoked, only run out.</summary>
    public TimeSpan MaxTokenLife { get; init; } = TimeSpan.FromDays(1);

    /// <summary>By how much the clocks of this machine and of the tokens' issuer may differ. Default 60 s.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How old what is known of API keys may be. Default 1 s: so soon a revocation counts in every process, for one small read a second.
    /// </summary>
    public TimeSpan KeyRefreshInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Submissions of one tenant in a day. 0, the default, is no quota.</summary>
    public long SubmissionsPerDay { get; init; }

    /// <summary>Streams (watching, waiting, verifying) open at the same time by one API key. Default 200.</summary>
    public int MaxStreamsPerKey { get; init; } = 200;

    /// <summary>How long a peer may leave bytes untaken before it is dropped. Default 30 s.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an upload or a stream of requests may be silent. Default 60 s.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Proofs verified together in a stream. Default 256: beyond it a batch gains little.</summary>
    public int VerifyBatch { get; init; } = 256;

    /// <summary>Uploads that stopped are thrown away after this. Default 1 day.</summary>
    public TimeSpan UploadLife { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The memory for attempts that is in force, in bytes.</summary>
    internal long EffectiveJobMemory => JobMemoryBytes > 0 ? JobMemoryBytes : ShareOfMachine;

    /// <summary>The memory for keys that is in force, in bytes.</summary>
    internal long EffectiveKeyMemory => KeyMemoryBytes > 0 ? KeyMemoryBytes : ShareOfMachine;

    private static long ShareOfMachine => (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * 0.4);

    /// <summary>Looks for values out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the first one, its value, and what it may be.</exception>
    public ServiceOptions Validate()
    {
        Require(MaxQueued, 1, 10_000_000, nameof(MaxQueued));
        Require(MaxQueuedOfTenant, 1, 10_000_000, nameof(MaxQueuedOfTenant));
        Require(MaxInputBytes, 1, 1 << 30, nameof(MaxInputBytes));
        Require(MaxWitnessBytes, 1, 1L << 40, nameof(MaxWitnessBytes));
        Require(MaxKeyBytes, 1, 1L << 44, nameof(MaxKeyBytes));
        Require(InlineInputBytes, 0, 1 << 20, nameof(InlineInputBytes));
        Require(MaxLabels, 0, 64, nameof(MaxLabels));
        Require(LeaseDuration.TotalSeconds, 0.2, 3600, nameof(LeaseDuration));
        Require(ReportInterval.TotalSeconds, 0.02, LeaseDuration.TotalSeconds / 2, nameof(ReportInterval));
        Require(ReapInterval.TotalSeconds, 0.02, 3600, nameof(ReapInterval));
        Require(PollInterval.TotalSeconds, 0.02, 60, nameof(PollInterval));
        Require(MaxAttempts, 1, 100, nameof(MaxAttempts));
        Require(MaxLostLeases, 1, 1_000_000, nameof(MaxLostLeases));
        Require(FirstRest.TotalSeconds, 0, 3600, nameof(FirstRest));
        Require(LongestRest.TotalSeconds, FirstRest.TotalSeconds, 86400, nameof(LongestRest));
        Require(Retention.TotalSeconds, 1, 1e9, nameof(Retention));
        Require(DrainTimeout.TotalSeconds, 0, 86400, nameof(DrainTimeout));
        Require(Slots, 1, 1024, nameof(Slots));
        Require(JobMemoryBytes, 0, 1L << 50, nameof(JobMemoryBytes));
        Require(KeyMemoryBytes, 0, 1L << 50, nameof(KeyMemoryBytes));
        Require(SubmissionsPerSecond, 1, 1_000_000, nameof(SubmissionsPerSecond));
        Require(SubmissionBurst, 1, 10_000_000, nameof(SubmissionBurst));
        Require(RequestsPerSecond, 1, 10_000_000, nameof(RequestsPerSecond));
        Require(FailuresPerMinute, 1, 1_000_000, nameof(FailuresPerMinute));
        Require(MaxTokenLife.TotalSeconds, 1, 1e9, nameof(MaxTokenLife));
        Require(ClockSkew.TotalSeconds, 0, 3600, nameof(ClockSkew));
        Require(KeyRefreshInterval.TotalSeconds, 0.01, 3600, nameof(KeyRefreshInterval));
        Require(SubmissionsPerDay, 0, long.MaxValue, nameof(SubmissionsPerDay));
        Require(MaxStreamsPerKey, 1, 1_000_000, nameof(MaxStreamsPerKey));
        Require(WriteTimeout.TotalSeconds, 0.1, 86400, nameof(WriteTimeout));
        Require(ReadTimeout.TotalSeconds, 0.1, 86400, nameof(ReadTimeout));
        Require(VerifyBatch, 1, 1 << 16, nameof(VerifyBatch));
        Require(UploadLife.TotalSeconds, 60, 1e9, nameof(UploadLife));
        return this;
    }

    /// <summary>Whether a text is a hash as the contract writes them.</summary>
    internal static bool IsHash(string text) => HashForm().IsMatch(text);

    [GeneratedRegex(@"^[0-9a-f]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex HashForm();

    private static void Require(double value, double least, double most, string name)
    {
        if (!(value >= least && value <= most))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it may be {least} to {most}.");
        }
    }
}
