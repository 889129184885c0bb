// Owns: reading postgres:// addresses. The password leaves this file in the connection string alone: it is in no name and no error.

using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace ProvingService.Service;

/// <summary>Where a PostgreSQL store is.</summary>
/// <param name="Connection">For Npgsql; holds the password.</param>
/// <param name="Schema">The schema that holds the tables.</param>
internal sealed partial record PostgresUrl(NpgsqlConnectionStringBuilder Connection, string Schema)
{
    /// <summary>For people: no user, no password.</summary>
    public string Name => $"PostgreSQL {Connection.Host}:{Connection.Port}/{Connection.Database}, schema {Schema}";

    /// <summary>Whether a text is such an address.</summary>
    public static bool IsOne(string text) =>
        text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Reads <c>postgres://user:password@host:port/database?sslmode=verify-full&amp;schema=proving</c>. Parts may be left out,
    /// and are percent-encoded where they hold signs of the form itself. A socket's folder goes into <c>?host=</c>.
    /// </summary>
    /// <exception cref="FormatException">Something is not understood; the message holds nothing of the address but a parameter's name.</exception>
    public static PostgresUrl Parse(string text)
    {
        if (!IsOne(text) || !Uri.TryCreate(text, UriKind.Absolute, out Uri? uri))
        {
            throw new FormatException(
                "The store's address is not of the form postgres://user:password@host:port/database. Signs such as @, / or # in a password are percent-encoded.");
        }

        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host.Length == 0 ? "localhost" : uri.IdnHost,
            Port = uri.Port < 0 ? 5432 : uri.Port,
            Database = uri.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(uri.AbsolutePath[1..]) : null,
            ApplicationName = "zkps",
            Timeout = 15,
        };
        string[] user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
        {
            connection.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length > 1)
        {
            connection.Password = Uri.UnescapeDataString(user[1]);
        }

        string schema = "proving";
        foreach (string pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            string name = Uri.UnescapeDataString(parts[0]);
            string value = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "";
            if (name == "schema")
            {
                schema = value;
            }
            else
            {
                Set(connection, name, value);
            }
        }

        if (!SchemaName().IsMatch(schema))
        {
            throw new FormatException("The parameter schema of the store's address is no plain name: small letters, digits and _, at most 40.");
        }

        connection.Database ??= connection.Username;
        return new(connection, schema);
    }

    private static void Set(NpgsqlConnectionStringBuilder connection, string name, string value)
    {
        switch (name)
        {
            case "host":
                connection.Host = value;
                break;
            case "port" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65536:
                connection.Port = port;
                break;
            case "user":
                connection.Username = value;
                break;
            case "password":
                connection.Password = value;
                break;
            case "application_name":
                connection.ApplicationName = value;
                break;
            case "connect_timeout" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds is > 0 and < 1000:
                connection.Timeout = seconds;
                break;
            case "sslmode" when Enum.TryParse(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out SslMode mode) && !char.IsDigit(value[0]):
                connection.SslMode = mode;
                break;
            case "sslrootcert":
                connection.RootCertificate = value;
                break;
            case "sslcert":
                connection.SslCertificate = value;
                break;
            case "sslkey":
                connection.SslKey = value;
                break;
            case "port" or "connect_timeout" or "sslmode":
                throw new FormatException($"The parameter {name} of the store's address has a value that it cannot have.");
            default:
                throw new FormatException(
                    $"The parameter {name} of the store's address is not known. Known are host, port, user, password, schema, application_name, "
                    + "connect_timeout, sslmode, sslrootcert, sslcert and sslkey.");
        }
    }

    [GeneratedRegex(@"^[a-z_][a-z0-9_]{0,39}\z")]
    private static partial Regex SchemaName();
}
