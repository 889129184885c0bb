// Owns: the contract on PostgreSQL, and what is PostgreSQL's own: addresses, schemas, and a server that goes and comes back.

using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Service.Tests.Stores;

/// <summary>One server for all tests that need one.</summary>
public sealed class PostgresFixture : IDisposable
{
    private readonly Lazy<PostgresServer> server = new(PostgresServer.Make);

    public PostgresServer Server => server.Value;

    public void Dispose()
    {
        if (server.IsValueCreated)
        {
            server.Value.Dispose();
        }
    }
}

[CollectionDefinition("PostgreSQL")]
public sealed class PostgresCollection : ICollectionFixture<PostgresFixture>;

[Collection("PostgreSQL")]
[NeedsPostgres]
public sealed class PostgresStoreTests(PostgresFixture fixture) : ServiceStoreContract
{
    private readonly string schema = "t" + Guid.NewGuid().ToString("N")[..12];

    protected override string Address => fixture.Server.Address(schema);

    [ContractFact]
    public async Task Several_processes_may_make_the_schema_at_once()
    {
        string address = fixture.Server.Address(schema + "_new");
        IServiceStore[] stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ServiceStores.OpenAsync(address)));
        await stores[0].AddAsync(StoreJobs.New());
        Assert.Single(await stores[7].ListJobsAsync(new()));
        foreach (IServiceStore store in stores)
        {
            await store.DisposeAsync();
        }
    }

    [ContractFact]
    public async Task A_newer_schema_is_refused()
    {
        var database = new PostgresDatabase(PostgresUrl.Parse(Address));
        await using (database)
        {
            await database.WriteAsync((connection, token) => PostgresDatabase.ExecuteAsync(connection, token, "UPDATE version SET version = 1000"), default);
        }

        StoreException failure = await Assert.ThrowsAsync<StoreException>(OpenAsync);
        Assert.Contains("version 1000", failure.Message, StringComparison.Ordinal);
        Assert.Contains(schema, failure.Message, StringComparison.Ordinal);
    }

    [ContractFact]
    public async Task A_server_that_stops_gives_clear_errors_and_work_goes_on_when_it_is_back()
    {
        List<Guid> accepted = [];
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        await using IAsyncEnumerator<StoreSignal> signals = Store.SignalsAsync(end.Token).GetAsyncEnumerator(end.Token);
        Assert.True(await signals.MoveNextAsync());
        accepted.Add((await Store.AddAsync(StoreJobs.New())).Id);
        LeasedJob held = await Store.TakeAsync();

        Task<List<StoreException>> load = SubmitUntilAsync(failures => failures.Count >= 5);
        await Task.Delay(100);
        fixture.Server.StopImmediately();
        List<StoreException> seen;
        try
        {
            seen = await load;
            StoreException failure = await Assert.ThrowsAsync<StoreException>(() => Store.FindJobAsync(held.Job.Id));
            Assert.True(failure is { IsTransient: true, MayHaveHappened: false }, failure.ToString());
        }
        finally
        {
            fixture.Server.Start();
        }

        Assert.All(seen, failure => Assert.True(failure.IsTransient, failure.ToString()));
        Assert.All(seen, failure => Assert.Contains(schema, failure.Message, StringComparison.Ordinal));
        await SubmitUntilAsync(_ => accepted.Count > 3);
        foreach (Guid id in accepted)
        {
            await Store.GetAsync(id);
        }

        Assert.True(await Store.DoneAsync(held.Lease));
        while (signals.Current != new StoreSignal(null, true) && await signals.MoveNextAsync())
        {
        }

        async Task<List<StoreException>> SubmitUntilAsync(Func<List<StoreException>, bool> enough)
        {
            List<StoreException> failures = [];
            while (!enough(failures))
            {
                end.Token.ThrowIfCancellationRequested();
                try
                {
                    accepted.Add((await Store.AddAsync(StoreJobs.New())).Id);
                }
                catch (StoreException failure)
                {
                    failures.Add(failure);
                    await Task.Delay(10);
                }
            }

            return failures;
        }
    }

    [ContractFact]
    public Task Nothing_acknowledged_is_lost_when_processes_are_killed() => StoreWorker.KillAndCheckAsync(Address, rounds: 5, processes: 2);
}

public sealed class PostgresUrlTests
{
    [Fact]
    public void Addresses_are_read()
    {
        PostgresUrl url = PostgresUrl.Parse("postgres://us%40er:pa%2Fss%20w@db.example:6543/da%20ta?sslmode=verify-full&schema=other&connect_timeout=3&application_name=x");
        Assert.Equal(("us@er", "pa/ss w", "db.example", 6543, "da ta"), (url.Connection.Username, url.Connection.Password, url.Connection.Host, url.Connection.Port, url.Connection.Database));
        Assert.Equal((Npgsql.SslMode.VerifyFull, "other", 3, "x"), (url.Connection.SslMode, url.Schema, url.Connection.Timeout, url.Connection.ApplicationName));
        Assert.Equal("PostgreSQL db.example:6543/da ta, schema other", url.Name);

        url = PostgresUrl.Parse("postgresql:///d?host=/run/pg&user=u&password=p");
        Assert.Equal(("/run/pg", "u", "p", 5432, "proving"), (url.Connection.Host, url.Connection.Username, url.Connection.Password, url.Connection.Port, url.Schema));
        Assert.Equal("u", PostgresUrl.Parse("postgres://u@h").Connection.Database);
    }

    [Theory]
    [InlineData("postgres://u:hunter2@h:99999/d")]
    [InlineData("postgres://u:hunter2@h/d?sslmode=sometimes")]
    [InlineData("postgres://u:hunter2@h/d?sslmode=2")]
    [InlineData("postgres://u:hunter2@h/d?sslmode=")]
    [InlineData("postgres://u:hunter2@h/d?port=0")]
    [InlineData("postgres://u:hunter2@h/d?schema=a;b")]
    [InlineData("postgres://u:hunter2@h/d?hunter=2")]
    [InlineData("mysql://u:hunter2@h/d")]
    public void Addresses_that_are_not_understood_are_refused_without_the_password(string address)
    {
        FormatException failure = Assert.Throws<FormatException>(() => PostgresUrl.Parse(address));
        Assert.DoesNotContain("hunter2", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_has_no_password()
    {
        StoreException failure = await Assert.ThrowsAsync<StoreException>(
            () => ServiceStores.OpenAsync("postgres://user:hunter2@127.0.0.1:1/d?connect_timeout=5"));
        Assert.True(failure.IsTransient);
        Assert.DoesNotContain("hunter2", failure.ToString(), StringComparison.Ordinal);
    }
}
