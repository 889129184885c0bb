// Owns: a real store between whose calls a test may step: to hold one up, to fail it, to see that it came.

using System.Reflection;

namespace ProvingService.Service.Tests.Stores;

/// <summary>A store that asks before each call. Safe for concurrent use.</summary>
public class StoreProxy : DispatchProxy
{
    private IServiceStore inner = null!;
    private Func<string, Func<object?>, object?> step = null!;

    /// <summary>Puts a step around a store.</summary>
    /// <param name="inner">The store.</param>
    /// <param name="step">Gets the method's name and the call itself, and returns what the caller gets: a task of the method's own type.</param>
    public static IServiceStore Around(IServiceStore inner, Func<string, Func<object?>, object?> step)
    {
        IServiceStore proxy = Create<IServiceStore, StoreProxy>();
        var own = (StoreProxy)(object)proxy;
        own.inner = inner;
        own.step = step;
        return proxy;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => step(targetMethod!.Name, () => targetMethod.Invoke(inner, args));
}
