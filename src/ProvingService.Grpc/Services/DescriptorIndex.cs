// Owns: which file declares which name, over the files of some services and all that these import.

using Google.Protobuf.Reflection;

namespace ProvingService.Grpc.Services;

/// <summary>Finds files by their names and by what they declare. Immutable.</summary>
internal sealed class DescriptorIndex
{
    private readonly Dictionary<string, FileDescriptor> files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedDictionary<int, FileDescriptor>> extensions = new(StringComparer.Ordinal);

    public DescriptorIndex(IEnumerable<ServiceDescriptor> services)
    {
        List<string> names = [];
        foreach (ServiceDescriptor service in services)
        {
            names.Add(service.FullName);
            AddFile(service.File);
        }

        names.Sort(StringComparer.Ordinal);
        Services = names;
    }

    /// <summary>The full names of the services, sorted.</summary>
    public IReadOnlyList<string> Services { get; }

    public FileDescriptor? FileOf(string name) => files.GetValueOrDefault(name);

    /// <param name="symbol">A full name; a leading point is allowed, as in descriptors.</param>
    public FileDescriptor? FileOfSymbol(string symbol) => symbols.GetValueOrDefault(symbol.StartsWith('.') ? symbol[1..] : symbol);

    public FileDescriptor? FileOfExtension(string message, int number) =>
        extensions.TryGetValue(message, out SortedDictionary<int, FileDescriptor>? byNumber) ? byNumber.GetValueOrDefault(number) : null;

    /// <summary>The numbers of a message's extensions, ascending; null where there is no such message.</summary>
    public IEnumerable<int>? ExtensionsOf(string message) =>
        extensions.TryGetValue(message, out SortedDictionary<int, FileDescriptor>? byNumber) ? byNumber.Keys
        : symbols.TryGetValue(message, out FileDescriptor? file) && Declares(file.MessageTypes, message) ? []
        : null;

    private static bool Declares(IEnumerable<MessageDescriptor> messages, string name) =>
        messages.Any(message => message.FullName == name || Declares(message.NestedTypes, name));

    private void AddFile(FileDescriptor file)
    {
        if (!files.TryAdd(file.Name, file))
        {
            return;
        }

        foreach (FileDescriptor dependency in file.Dependencies)
        {
            AddFile(dependency);
        }

        foreach (ServiceDescriptor service in file.Services)
        {
            symbols[service.FullName] = file;
            foreach (MethodDescriptor method in service.Methods)
            {
                symbols[method.FullName] = file;
            }
        }

        foreach (MessageDescriptor message in file.MessageTypes)
        {
            AddMessage(message, file);
        }

        foreach (EnumDescriptor type in file.EnumTypes)
        {
            AddEnum(type, file);
        }

        foreach (FieldDescriptor extension in file.Extensions.UnorderedExtensions)
        {
            AddExtension(extension, file);
        }
    }

    private void AddMessage(MessageDescriptor message, FileDescriptor file)
    {
        symbols[message.FullName] = file;
        foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
        {
            symbols[field.FullName] = file;
        }

        foreach (OneofDescriptor oneof in message.Oneofs)
        {
            symbols[oneof.FullName] = file;
        }

        foreach (MessageDescriptor nested in message.NestedTypes)
        {
            AddMessage(nested, file);
        }

        foreach (EnumDescriptor type in message.EnumTypes)
        {
            AddEnum(type, file);
        }

        foreach (FieldDescriptor extension in message.Extensions.UnorderedExtensions)
        {
            AddExtension(extension, file);
        }
    }

    private void AddEnum(EnumDescriptor type, FileDescriptor file)
    {
        symbols[type.FullName] = file;

        // In protobuf a value's name stands beside its enum's, as in C++, not under it.
        int scope = type.FullName.LastIndexOf('.') + 1;
        foreach (EnumValueDescriptor value in type.Values)
        {
            symbols[type.FullName[..scope] + value.Name] = file;
        }
    }

    private void AddExtension(FieldDescriptor extension, FileDescriptor file)
    {
        symbols[extension.FullName] = file;
        string extended = extension.ExtendeeType.FullName;
        if (!extensions.TryGetValue(extended, out SortedDictionary<int, FileDescriptor>? byNumber))
        {
            extensions[extended] = byNumber = [];
        }

        byNumber[extension.FieldNumber] = file;
    }
}
