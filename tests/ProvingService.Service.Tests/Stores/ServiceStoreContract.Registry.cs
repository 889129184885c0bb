// Owns: the contract of stores, third part: circuits, workers, API keys, verdicts.

using Xunit;

namespace ProvingService.Service.Tests.Stores;

public abstract partial class ServiceStoreContract
{
    [ContractFact]
    public async Task Circuits_are_kept_replaced_and_retired()
    {
        var first = new CircuitRecord
        {
            KeyHash = "k1",
            CircuitHash = "c",
            Name = "multiplier",
            Curve = "bn254",
            KeyBytes = 1,
            Wires = 2,
            PublicInputs = 3,
            Constraints = 4,
            Domain = 8,
            Cost = 5,
            MemoryBytes = 6,
            Insecure = true,
            Registered = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
            VerificationKey = "{\"x\": 1}",
        };
        CircuitRecord second = first with { KeyHash = "k0", Registered = first.Registered.AddSeconds(1) };
        await Store.PutCircuitAsync(second);
        await Store.PutCircuitAsync(first);
        Assert.Equal([first, second], await Store.ListCircuitsAsync());
        Assert.True(await Store.RetireCircuitAsync("k1"));
        Assert.False(await Store.RetireCircuitAsync("k9"));
        await Store.PutCostAsync("k0", 77);
        IServiceStore other = await OpenAsync();
        Assert.Equal([first with { Retired = true }, second with { Cost = 77 }], await other.ListCircuitsAsync());
        await other.PutCircuitAsync(first with { Name = "new", Retired = true });
        Assert.Equal([first with { Name = "new" }, second with { Cost = 77 }], await Store.ListCircuitsAsync());
    }

    [ContractFact]
    public async Task Workers_are_kept_until_they_leave_or_fall_silent()
    {
        var worker = new WorkerRecord("b", "host", "1", 2, 1, 1000, "[]", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        await Store.PutWorkerAsync(worker);
        await Store.PutWorkerAsync(worker with { Id = "a" });
        await Store.PutWorkerAsync(worker with { Busy = 2 });
        IReadOnlyList<WorkerRecord> workers = await Store.ListWorkersAsync();
        Assert.Equal(["a", "b"], workers.Select(entry => entry.Id));
        Assert.Equal(worker with { Busy = 2, Seen = workers[1].Seen }, workers[1]);
        Assert.InRange(workers[1].Seen, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
        await Store.RemoveWorkerAsync("a");
        await Store.ReapAsync(StoreJobs.Rules);
        Assert.Single(await Store.ListWorkersAsync());
        await Task.Delay(30);
        await Store.ReapAsync(StoreJobs.Rules with { SilentWorkers = TimeSpan.FromMilliseconds(1) });
        Assert.Empty(await Store.ListWorkersAsync());
    }

    [ContractFact]
    public async Task Workers_are_heard_of_by_the_stores_clock_whatever_the_front_ends_says()
    {
        await Store.PutWorkerAsync(new WorkerRecord("a", "host", "1", 2, 1, 1000, "[]", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch));
        foreach (double hours in (double[])[-1, 0, 1])
        {
            QueueEstimate.View view = await new QueueEstimate(Store, new ShiftedTime(TimeSpan.FromHours(hours))).LookAsync(CancellationToken.None);
            Assert.Single(view.Live);
            Assert.InRange(view.At - view.Workers[0].Seen, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        }
    }

    [ContractFact]
    public async Task Api_keys_are_kept_and_a_revoked_one_stays_so()
    {
        var key = new ApiKeyRecord("b", "hash b", "alice", ["submit", "read"], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100), false);
        await Store.PutApiKeyAsync(key);
        await Store.PutApiKeyAsync(key with { Name = "a", Hash = "hash a", Expires = null });
        Assert.True(await Store.RevokeApiKeyAsync("b"));
        Assert.False(await Store.RevokeApiKeyAsync("c"));
        await Store.PutApiKeyAsync(key with { Scopes = ["read"] });
        IReadOnlyList<ApiKeyRecord> keys = await (await OpenAsync()).ListApiKeysAsync();
        Assert.Equal([("a", false), ("b", true)], keys.Select(entry => (entry.Name, entry.Revoked)));
        Assert.Equal(["read"], keys[1].Scopes);
        Assert.Equal((key.Hash, key.Tenant, key.Created, key.Expires), (keys[1].Hash, keys[1].Tenant, keys[1].Created, keys[1].Expires));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.PutApiKeyAsync(key with { Hash = "other" }));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.PutApiKeyAsync(key with { Name = "other" }));
        Assert.Equal(2, (await Store.ListApiKeysAsync()).Count);
    }

    [ContractFact]
    public async Task Verdicts_add_up()
    {
        IServiceStore other = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(n => (n % 2 == 0 ? Store : other).AddVerdictsAsync("k", 2, 1)));
        await Store.AddVerdictsAsync("a", 0, 1);
        Assert.Equal([new VerdictTally("a", 0, 1), new VerdictTally("k", 40, 20)], await Store.ListVerdictsAsync());
    }

    [ContractFact]
    public void The_name_holds_no_secret() => Assert.DoesNotContain("user", Store.Name, StringComparison.Ordinal);

    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow + by;
    }
}
