// Owns: `zkps apikey`: make, list and revoke the API keys of a service, in its store. Never: the text of a key, but once to who makes it.

using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ProvingService.Service;

namespace ProvingService.Cli;

internal static class ApiKeyCommands
{
    public static Command Create() => CommonOptions.Group(
        "apikey",
        "API keys of a service that runs with --auth. Works on the service's store itself, whether it runs or not.",
        "zkps apikey create alice --tenant acme --scope submit --scope read",
        New(),
        List(),
        Revoke());

    private static Command New()
    {
        var place = new StoreOption();
        Argument<string> name = Name();
        var tenant = new Option<string>("--tenant") { Description = "Whose jobs it sees and submits.", Required = true };
        var scopes = new Option<string[]>("--scope")
        {
            Description = "What it may do; give it for each: submit (submit and cancel jobs), read (circuits, jobs, proofs, verification), admin (register circuits, manage keys, see the jobs of all tenants). None implies another.",
            Required = true,
            AllowMultipleArgumentsPerToken = false,
        };
        var expires = new Option<string?>("--expires") { Description = "After what time it ends by itself, such as 90d or 12h; never where left out." };
        return CommonOptions.Define(
            "create",
            "Makes an API key and prints it, once: the store keeps its SHA-256 alone. Clients take it from ZKPS_API_KEY or --key-file.",
            "zkps apikey create alice --tenant acme --scope submit --scope read --expires 90d --data /var/lib/zkps",
            (parsed, output) => Run(parsed, output, place, async (store, cancellation) =>
            {
                TimeSpan? life = parsed.GetValue(expires) is not { } text ? null
                    : LimitOptions.TryParseTime(text) is { } time && time > TimeSpan.Zero ? time
                    : throw new UsageException($"--expires {text}: a time is expected, such as 12h or 90d.");
                (string key, ApiKeyRecord record) = ApiKeys.Create(
                    parsed.GetRequiredValue(name), parsed.GetRequiredValue(tenant), parsed.GetRequiredValue(scopes), DateTimeOffset.UtcNow, life);
                foreach (ApiKeyRecord known in await store.ListApiKeysAsync(cancellation).ConfigureAwait(false))
                {
                    if (known.Name == record.Name)
                    {
                        throw new UsageException($"there is an API key {record.Name} already{(known.Revoked ? ", revoked; names are not used again" : "")}: choose another name.");
                    }
                }

                await store.PutApiKeyAsync(record, cancellation).ConfigureAwait(false);
                output.Say(key);
                output.Warn("this is the only time that the key is shown; keep it as a password.");
                JsonObject shown = ToJson(record);
                shown["key"] = key;
                output.Result(shown);
                return ExitCode.Success;
            }),
            [name, tenant, scopes, expires, .. place.All]);
    }

    private static Command List()
    {
        var place = new StoreOption();
        return CommonOptions.Define(
            "list",
            "Lists the API keys, revoked ones too.",
            "zkps apikey list --data /var/lib/zkps",
            (parsed, output) => Run(parsed, output, place, async (store, cancellation) =>
            {
                IReadOnlyList<ApiKeyRecord> keys = await store.ListApiKeysAsync(cancellation).ConfigureAwait(false);
                output.Table([
                    (string[])["NAME", "TENANT", "SCOPES", "CREATED", "EXPIRES", "STATE"],
                    .. keys.Select(key => (string[])[key.Name, key.Tenant, string.Join(',', key.Scopes), Day(key.Created), key.Expires is { } end ? Day(end) : "never", StateOf(key)])]);
                output.Result(new JsonArray([.. keys.Select(key => (JsonNode)ToJson(key))]));
                return ExitCode.Success;
            }),
            place.All);
    }

    private static Command Revoke()
    {
        var place = new StoreOption();
        Argument<string> name = Name();
        return CommonOptions.Define(
            "revoke",
            "Ends an API key for good. Every running service refuses it within two seconds.",
            "zkps apikey revoke alice --data /var/lib/zkps",
            (parsed, output) => Run(parsed, output, place, async (store, cancellation) =>
            {
                string named = parsed.GetRequiredValue(name);
                if (!await store.RevokeApiKeyAsync(named, cancellation).ConfigureAwait(false))
                {
                    throw new UsageException($"there is no API key {named}; zkps apikey list shows them.");
                }

                output.Say($"{named} is revoked.");
                output.Result(new JsonObject { ["name"] = named, ["revoked"] = true });
                return ExitCode.Success;
            }),
            [name, .. place.All]);
    }

    private static int Run(ParseResult parsed, Output output, StoreOption place, Func<IServiceStore, CancellationToken, Task<int>> work)
    {
        try
        {
            return RunAsync().GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is StoreException or ArgumentException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException(e.Message);
        }

        async Task<int> RunAsync()
        {
            // The vault makes the folder, for its owner alone.
            string where = place.Store(parsed) ?? Path.Combine(new FileVault(place.Folder(parsed)).Root, "service.db");
            await using IServiceStore store = await ServiceStores.OpenAsync(where, output.Cancellation).ConfigureAwait(false);
            return await work(store, output.Cancellation).ConfigureAwait(false);
        }
    }

    private static Argument<string> Name() => new("NAME") { Description = "The key's name, for people." };

    private static string StateOf(ApiKeyRecord key) => key.Revoked ? "revoked" : key.Expires <= DateTimeOffset.UtcNow ? "expired" : "active";

    private static string Day(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static JsonObject ToJson(ApiKeyRecord key) => new()
    {
        ["name"] = key.Name,
        ["tenant"] = key.Tenant,
        ["scopes"] = new JsonArray([.. key.Scopes.Select(scope => (JsonNode)scope)]),
        ["created"] = key.Created.ToString("O", CultureInfo.InvariantCulture),
        ["expires"] = key.Expires?.ToString("O", CultureInfo.InvariantCulture),
        ["state"] = StateOf(key),
    };
}
