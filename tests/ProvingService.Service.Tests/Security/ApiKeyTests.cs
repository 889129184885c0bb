// Owns: the life of API keys: how they look, when they count, and how soon they do not any more; and rates by key and by address.

using System.Diagnostics;
using Grpc.Core;
using ProvingService.Contract;
using Xunit;

namespace ProvingService.Service.Tests.Security;

public sealed class ApiKeyTests
{
    [Fact]
    public void AKeyIsRandomAndKeptByItsHash()
    {
        (string key, ApiKeyRecord record) = ApiKeys.Create("alice", "acme", [Scopes.Read, Scopes.Submit, Scopes.Read], DateTimeOffset.UnixEpoch, TimeSpan.FromDays(2));
        Assert.Matches("^zkps_[A-Za-z0-9_-]{43}$", key);
        Assert.NotEqual(key, ApiKeys.Create("alice", "acme", [Scopes.Read], DateTimeOffset.UnixEpoch, null).Key);
        Assert.Equal(Hashes.Of(key), record.Hash);
        Assert.Equal([Scopes.Submit, Scopes.Read], record.Scopes);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddDays(2), record.Expires);
        Assert.DoesNotContain(key[5..], record.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "acme", "read", "name")]
    [InlineData("a b", "acme", "read", "name")]
    [InlineData("alice\n", "acme", "read", "name")]
    [InlineData("-alice", "acme", "read", "name")]
    [InlineData("alice", "", "read", "tenant")]
    [InlineData("alice", "é", "read", "tenant")]
    [InlineData("alice", "acme", "root", "scopes")]
    [InlineData("alice", "acme", null, "scopes")]
    public void MistakesAreNamed(string name, string tenant, string? scope, string field) => Assert.StartsWith(
        field + ":",
        Assert.Throws<ArgumentException>(() => ApiKeys.Create(name, tenant, scope is null ? [] : [scope], DateTimeOffset.UnixEpoch, null)).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task KeysMadeAndRevokedBesideTheServiceCountSoon()
    {
        await using SecuredService service = await SecuredService.StartAsync(["old t read"], setup => setup with { Workers = 0 });
        await using IServiceStore beside = await ServiceStores.OpenAsync(service.DatabaseFile, default);
        var old = new Capacity.CapacityClient(service.As("old"));
        await old.GetServiceInfoAsync(new());
        (string text, ApiKeyRecord record) = ApiKeys.Create("new", "t", [Scopes.Read], DateTimeOffset.UtcNow, null);
        await beside.PutApiKeyAsync(record);
        (string expired, ApiKeyRecord ended) = ApiKeys.Create("expired", "t", [Scopes.Read], DateTimeOffset.UtcNow.AddDays(-2), TimeSpan.FromDays(1));
        await beside.PutApiKeyAsync(ended);
        var latest = new Capacity.CapacityClient(service.Bearing(text));
        await UntilAsync(StatusCode.OK, latest);
        Assert.Equal(StatusCode.Unauthenticated, await StatusOfAsync(new Capacity.CapacityClient(service.Bearing(expired))));

        Assert.True(await beside.RevokeApiKeyAsync("old"));
        await UntilAsync(StatusCode.Unauthenticated, old);
        Assert.Equal(StatusCode.OK, await StatusOfAsync(latest));
    }

    [Fact]
    public async Task AKeyThatCountedOnceDoesNotOutliveTheCopy()
    {
        // By a clock of the test's own: the bound is exact there and independent of the machine.
        string folder = Directory.CreateTempSubdirectory("zkps-ring-").FullName;
        try
        {
            await using IServiceStore store = await ServiceStores.OpenAsync(Path.Combine(folder, "s.db"), default);
            (string brief, ApiKeyRecord a) = ApiKeys.Create("a", "t", [Scopes.Read], DateTimeOffset.UnixEpoch, TimeSpan.FromMinutes(1));
            (string lasting, ApiKeyRecord b) = ApiKeys.Create("b", "t", [Scopes.Read], DateTimeOffset.UnixEpoch, null);
            await store.PutApiKeyAsync(a);
            await store.PutApiKeyAsync(b);
            var time = new SetTime();
            using var ring = new ApiKeyRing(store, TimeSpan.FromSeconds(1), time);
            Assert.Equal("a", (await ring.FindAsync(brief, default))!.Name);
            time.Seconds = 59.9;
            Assert.NotNull(await ring.FindAsync(brief, default));

            // An end that was known beforehand counts at once, a revocation with the next copy.
            time.Seconds = 60;
            Assert.Null(await ring.FindAsync(brief, default));
            Assert.True(await store.RevokeApiKeyAsync("b"));
            time.Seconds = 60.8;
            Assert.NotNull(await ring.FindAsync(lasting, default));
            time.Seconds = 60.9;
            Assert.Null(await ring.FindAsync(lasting, default));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task RatesAreByKeyForEveryMethod()
    {
        await using SecuredService service = await SecuredService.StartAsync(
            ["busy t read", "calm t read"],
            setup => setup with { Workers = 0, Options = new ServiceOptions { RequestsPerSecond = 3 } });
        var busy = new Contract.Circuits.CircuitsClient(service.As("busy"));
        RpcException? refused = null;
        long start = Stopwatch.GetTimestamp();
        while (refused is null && Stopwatch.GetElapsedTime(start) < SecuredService.Patience)
        {
            try
            {
                await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => busy.ListCircuitsAsync(new()).ResponseAsync));
            }
            catch (RpcException e)
            {
                refused = e;
            }
        }

        Assert.Equal(StatusCode.ResourceExhausted, refused!.StatusCode);
        Assert.True(int.Parse(refused.Trailers.GetValue("retry-after-ms")!, System.Globalization.CultureInfo.InvariantCulture) > 0);
        Assert.Equal(StatusCode.OK, await StatusOfAsync(new Capacity.CapacityClient(service.As("calm"))));
    }

    [Fact]
    public async Task AnAddressThatIsWrongTooOftenMustWaitButValidKeysPass()
    {
        await using SecuredService service = await SecuredService.StartAsync(
            ["good t read"], setup => setup with { Workers = 0, Options = new ServiceOptions { FailuresPerMinute = 3 } });
        var wrong = new Capacity.CapacityClient(service.Bearing("zkps_wrong"));
        var seen = new List<StatusCode>();
        for (int i = 0; i < 8; i++)
        {
            seen.Add(await StatusOfAsync(wrong));
        }

        // A minute may have ended meanwhile, so that the count began anew.
        Assert.Equal(StatusCode.Unauthenticated, seen[0]);
        Assert.Contains(StatusCode.ResourceExhausted, seen);
        Assert.Equal(StatusCode.OK, await StatusOfAsync(new Capacity.CapacityClient(service.As("good"))));
        Assert.Equal(StatusCode.Unauthenticated, await StatusOfAsync(new Capacity.CapacityClient(service.As(null))));
    }

    private static async Task<StatusCode> StatusOfAsync(Capacity.CapacityClient client)
    {
        try
        {
            await client.GetServiceInfoAsync(new());
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    private static async Task UntilAsync(StatusCode expected, Capacity.CapacityClient client)
    {
        long start = Stopwatch.GetTimestamp();
        StatusCode last;
        while ((last = await StatusOfAsync(client)) != expected)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < SecuredService.Patience, $"still {last}");
            await Task.Delay(300);
        }
    }

    private sealed class SetTime : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => (long)(Seconds * 1000);

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(Seconds);
    }
}
