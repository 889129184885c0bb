// Owns: the comments of the contract, by the full names of what they stand at. Generated code leaves them out, so that they
// come from the descriptors that the protocol's compiler wrote at the build.

using System.Globalization;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;

namespace ProvingService.Service;

/// <summary>The comments. Immutable.</summary>
internal sealed class ContractComments
{
    private const string Resource = "ProvingService.Contract.proving.binpb";

    // The numbers by which a descriptor's places are addressed, from descriptor.proto.
    private const int Messages = 4, Enums = 5, Services = 6, Fields = 2, Nested = 3, NestedEnums = 4;

    private readonly Dictionary<string, string> comments = new(StringComparer.Ordinal);

    private ContractComments(FileDescriptorProto file)
    {
        var byPlace = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (SourceCodeInfo.Types.Location location in file.SourceCodeInfo.Location)
        {
            if (location.HasLeadingComments)
            {
                byPlace[string.Join('.', location.Path)] = string.Join(' ', location.LeadingComments.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            }
        }

        Each(file.MessageType, "", Messages, file.Package, message => message.Name, AddMessage);
        Each(file.EnumType, "", Enums, file.Package, type => type.Name, AddEnum);
        Each(file.Service, "", Services, file.Package, service => service.Name, (service, place, name) =>
            Each(service.Method, place, Fields, name, method => method.Name, (_, _, _) => { }));

        void AddMessage(DescriptorProto message, string place, string name)
        {
            Each(message.Field, place, Fields, name, field => field.Name, (_, _, _) => { });
            Each(message.NestedType, place, Nested, name, nested => nested.Name, AddMessage);
            Each(message.EnumType, place, NestedEnums, name, type => type.Name, AddEnum);
        }

        void AddEnum(EnumDescriptorProto type, string place, string name) => Each(type.Value, place, Fields, name, value => value.Name, (_, _, _) => { });

        void Each<T>(RepeatedField<T> all, string place, int number, string scope, Func<T, string> nameOf, Action<T, string, string> inner)
        {
            for (int i = 0; i < all.Count; i++)
            {
                string at = string.Create(CultureInfo.InvariantCulture, $"{(place.Length == 0 ? "" : place + ".")}{number}.{i}"), name = $"{scope}.{nameOf(all[i])}";
                comments[name] = byPlace.GetValueOrDefault(at, "");
                inner(all[i], at, name);
            }
        }
    }

    /// <summary>The comments of the contract that this assembly was built with.</summary>
    public static ContractComments Read()
    {
        using Stream stream = typeof(Contract.Job).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The contract's assembly was built without {Resource}.");
        return new(FileDescriptorSet.Parser.ParseFrom(stream).File.Single(file => file.Package == "proving.v1"));
    }

    /// <summary>The comment at a declaration; empty without one.</summary>
    /// <param name="name">Of a service, method, message, field, enum; of an enum's value with its enum's name before it.</param>
    public string At(string name) => comments.GetValueOrDefault(name, "");
}
