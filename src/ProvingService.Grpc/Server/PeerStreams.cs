// Owns: how many streams each peer has at once.

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace ProvingService.Grpc;

/// <summary>Counts streams by peer. Safe for use by several threads at once; a peer without streams costs nothing.</summary>
internal sealed class PeerStreams
{
    private static readonly object Local = new();

    private readonly Lock gate = new();
    private readonly Dictionary<object, int> counts = [];

    /// <summary>What identifies the peer of a request.</summary>
    public static object Key(HttpContext http, Func<HttpContext, string?>? peerKey) =>
        peerKey?.Invoke(http) ?? AddressKey(http.Connection.RemoteIpAddress);

    /// <summary>Counts one more stream, unless there are as many as allowed.</summary>
    public bool TryEnter(object peer, int max)
    {
        lock (gate)
        {
            int count = counts.GetValueOrDefault(peer);
            if (count >= max)
            {
                return false;
            }

            counts[peer] = count + 1;
            return true;
        }
    }

    public void Exit(object peer)
    {
        lock (gate)
        {
            int left = counts[peer] - 1;
            if (left > 0)
            {
                counts[peer] = left;
            }
            else
            {
                counts.Remove(peer);
            }
        }
    }

    internal static object AddressKey(IPAddress? address)
    {
        if (address is null)
        {
            return Local;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }
}
