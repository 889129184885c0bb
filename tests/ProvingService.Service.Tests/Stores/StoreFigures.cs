// Owns: throughput of a store, printed on demand: `dotnet ProvingService.Service.Tests.dll store-figures ADDRESS`.

using System.Diagnostics;
using Xunit;

namespace ProvingService.Service.Tests.Stores;

internal static class StoreFigures
{
    public static async Task<int> RunAsync(string address)
    {
        await using IServiceStore store = await ServiceStores.OpenAsync(address);
        Console.WriteLine(store.Name);
        await MeasureAsync("submissions, one after the other", 1, 500, _ => store.SubmitAsync(StoreJobs.New(), StoreJobs.Wide));
        await MeasureAsync("submissions, 64 at a time", 64, 10_000, _ => store.SubmitAsync(StoreJobs.New(), StoreJobs.Wide));
        await MeasureAsync("measured queues of 10,500 jobs", 1, 50, _ => store.MeasureAsync());
        await MeasureAsync("lease and finish, one after the other", 1, 500, _ => WorkAsync(store));
        await MeasureAsync("lease and finish, 64 at a time", 64, 9_000, _ => WorkAsync(store));
        return 0;
    }

    private static async Task WorkAsync(IServiceStore store) =>
        await store.EndAsync((await store.LeaseAsync(StoreJobs.Offer()))!.Lease, new LeaseOutcome.Done(StoreJobs.Proof));

    private static async Task MeasureAsync(string what, int atOnce, int count, Func<int, Task> work)
    {
        int next = 0;
        long since = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            for (int n; (n = Interlocked.Increment(ref next)) <= count;)
            {
                await work(n);
            }
        }));
        Console.WriteLine($"{what}: {count / Stopwatch.GetElapsedTime(since).TotalSeconds:F0}/s");
    }
}
