// Owns: the words of what is refused for its size.

using Grpc.Core;

namespace ProvingService.Grpc.Wire;

internal static class MessageLimits
{
    public static RpcException ReceivedTooLarge(uint length, int max) =>
        Exhausted($"A message of {length} bytes is larger than the {max} bytes that are taken here.");

    public static RpcException UnpackedTooLarge(int max) => Exhausted($"A message unpacks to more than the {max} bytes that are taken here.");

    public static RpcException SentTooLarge(int max) => Exhausted($"A message is larger than the {max} bytes that are sent from here.");

    private static RpcException Exhausted(string detail) => new(new Status(StatusCode.ResourceExhausted, detail));
}
