// Owns: every limit and interval of the coordinator, each with its unit, default and reason. Never: what a ceremony announces
// (CeremonyDocument.cs) or where things are (CeremonySetup.cs).

namespace ProvingService.Ceremony;

/// <summary>
/// The coordinator's knobs. <see cref="Validate"/> says which value is out of its range.
/// </summary>
public sealed record CeremonyOptions
{
    /// <summary>
    /// The least time of a turn. Default 3 min: a person's machine may have to wake, and the time of a small circuit is all overhead.
    /// </summary>
    public TimeSpan TurnFloor { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>The most time of a turn, whatever its points. Default 1 day: one slow machine must not hold a ceremony for good.</summary>
    public TimeSpan TurnCeiling { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How many times longer a turn may last than it is expected to. Default 8: a laptop of two cores beside a server of sixteen.
    /// What is expected: the circuit's points times the seconds a point, which are those measured here at the start or those of the
    /// last contributors, whichever are more.
    /// </summary>
    public int TurnFactor { get; init; } = 8;

    /// <summary>
    /// How long a turn may wait for its holder to begin: to ask for the key, or to send one. Default 2 min; it counts as stalling. A client
    /// begins within a second, so this passes over those who went away while they waited, whatever their turn's time would be.
    /// </summary>
    public TimeSpan TakeUpTime { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The slowest transfer for which the clock of a turn stands still, in bytes a second. Default 64 KiB: 0.5 Mbit/s. The clock stands still while
    /// bytes are on their way, but in all no longer than the file takes at this rate, once for each direction: who dawdles pays.
    /// </summary>
    public int SlowestTransfer { get; init; } = 64 << 10;

    /// <summary>How often a participant that stalled may take a new place. Default 1: a broken connection is forgiven, a habit is not.</summary>
    public int Returns { get; init; } = 1;

    /// <summary>How often turns are looked at. Default 250 ms.</summary>
    public TimeSpan ClockInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How often a turn's time is written to the disk. Default 2 s: so much of it may be given back by a crash, always in the holder's favour.
    /// </summary>
    public TimeSpan ClockSaveInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a watcher is told the same with a new estimate. Default 5 s; changes are told at once.</summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Tickets in all. Default 10,000: each is a row that every reader of the page gets.</summary>
    public int MaxTickets { get; init; } = 10_000;

    /// <summary>A participant's name in characters. Default 64; as UTF-8 at most 255 bytes, for which the key's record has room.</summary>
    public int MaxNameLength { get; init; } = 64;

    /// <summary>An attestation in bytes of UTF-8. Default 64 KiB: 300 bytes for each circuit, and room for words.</summary>
    public int MaxAttestationBytes { get; init; } = 64 << 10;

    /// <summary>
    /// By how many bytes an uploaded key may be longer than the one before. Default 4 KiB: a contribution adds some 600 bytes and a name.
    /// </summary>
    public int MaxGrowth { get; init; } = 4 << 10;

    /// <summary>Downloads at once, beside those of participants whose turn it is. Default 16: the turn's own must not starve.</summary>
    public int MaxDownloads { get; init; } = 16;

    /// <summary>Streams at once of one address, of IPv6 one /64. Default 64.</summary>
    public int MaxStreamsPerAddress { get; init; } = 64;

    /// <summary>Requests a second by one address on average; bursts are five times that. Default 40: a client asks for a few.</summary>
    public int RequestsPerSecond { get; init; } = 40;

    /// <summary>How often in a minute one address may bring a token or signature that is not valid. Default 20.</summary>
    public int FailuresPerMinute { get; init; } = 20;

    /// <summary>Pages that watch at once. Default 500: each is a connection that is told of every change.</summary>
    public int MaxPages { get; init; } = 500;

    /// <summary>Challenges that wait for a signature. Default 1,000, each 32 bytes; the oldest goes first.</summary>
    public int MaxChallenges { get; init; } = 1_000;

    /// <summary>How long a challenge may wait. Default 2 min.</summary>
    public TimeSpan ChallengeLife { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a session lasts. Default 12 h; a client gets a new one by itself.</summary>
    public TimeSpan SessionLife { get; init; } = TimeSpan.FromHours(12);

    /// <summary>How long a peer may leave bytes untaken before it is dropped. Default 30 s.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an upload may be silent before it is broken off; what came is kept. Default 30 s.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Looks for values out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the first one, its value, and what it may be.</exception>
    public CeremonyOptions Validate()
    {
        Require(TurnFloor.TotalSeconds, 0.05, 1e7, nameof(TurnFloor));
        Require(TurnCeiling.TotalSeconds, TurnFloor.TotalSeconds, 1e8, nameof(TurnCeiling));
        Require(TakeUpTime.TotalSeconds, 0.05, 1e7, nameof(TakeUpTime));
        Require(TurnFactor, 1, 10_000, nameof(TurnFactor));
        Require(SlowestTransfer, 1, int.MaxValue, nameof(SlowestTransfer));
        Require(Returns, 0, 1000, nameof(Returns));
        Require(ClockInterval.TotalSeconds, 0.01, 60, nameof(ClockInterval));
        Require(ClockSaveInterval.TotalSeconds, 0.01, 600, nameof(ClockSaveInterval));
        Require(WatchInterval.TotalSeconds, 0.05, 600, nameof(WatchInterval));
        Require(MaxTickets, 1, 1_000_000, nameof(MaxTickets));
        Require(MaxNameLength, 1, 255, nameof(MaxNameLength));
        Require(MaxAttestationBytes, 256, 1 << 20, nameof(MaxAttestationBytes));
        Require(MaxGrowth, 1024, 1 << 20, nameof(MaxGrowth));
        Require(MaxDownloads, 1, 100_000, nameof(MaxDownloads));
        Require(MaxStreamsPerAddress, 1, 1_000_000, nameof(MaxStreamsPerAddress));
        Require(RequestsPerSecond, 1, 1_000_000, nameof(RequestsPerSecond));
        Require(FailuresPerMinute, 1, 1_000_000, nameof(FailuresPerMinute));
        Require(MaxPages, 1, 1_000_000, nameof(MaxPages));
        Require(MaxChallenges, 1, 1_000_000, nameof(MaxChallenges));
        Require(ChallengeLife.TotalSeconds, 1, 3600, nameof(ChallengeLife));
        Require(SessionLife.TotalSeconds, 60, 1e7, nameof(SessionLife));
        Require(WriteTimeout.TotalSeconds, 0.1, 86400, nameof(WriteTimeout));
        Require(ReadTimeout.TotalSeconds, 0.1, 86400, nameof(ReadTimeout));
        return this;
    }

    private static void Require(double value, double least, double most, string name)
    {
        if (!(value >= least && value <= most))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it may be {least} to {most}.");
        }
    }
}
