namespace Dapr.Anomaly.Campaigns.Tests.Fuzz.Http;

/// <param name="Verb">The verb of the route.</param>
/// <param name="Path">Segments of the path; a list of words where the segment is a name.</param>
/// <param name="Queries">Query strings that mean something to it.</param>
/// <param name="Bodies">Good bodies; none where it takes none.</param>
internal sealed record Route(string Verb, IReadOnlyList<IReadOnlyList<string>> Path, IReadOnlyList<string> Queries, IReadOnlyList<string> Bodies);

/// <summary>Every HTTP route of the runtime but /v1.0/shutdown.</summary>
internal static class Routes
{
    private static readonly string[] Metadata =
    [
        "metadata.ttlInSeconds=5",
        "metadata.ttlInSeconds=99999999999999999999",
        "metadata.rawPayload=true",
        "metadata.rawPayload=%00",
        "metadata.=",
        "consistency=strong",
        "consistency=odd",
        "concurrency=first-write",
        "metadata.cloudevent.id=%ff",
    ];

    private static readonly string[] Saves =
    [
        """[{"key":"k","value":{"a":[1,2.5,"x"]},"etag":"1","metadata":{"ttlInSeconds":"60"}"""
            + ""","options":{"concurrency":"first-write","consistency":"strong"}},{"key":"a","value":null}]""",
    ];

    private static readonly string[] Transactions =
    [
        """{"operations":[{"operation":"upsert","request":{"key":"k","value":1,"etag":"2","metadata":{"ttlInSeconds":"5"}}}"""
            + """,{"operation":"delete","request":{"key":"a"}}],"metadata":{"a":"b"}}""",
    ];

    private static readonly string[] Events =
    [
        """{"a":1,"b":[true,null]}""",
        """{"specversion":"1.0","id":"1","source":"x","type":"t","traceid":7,"data":{"level":3},"data_base64":"eA=="}""",
        "\"text\"",
    ];

    private static readonly string[] BulkEvents =
    [
        """[{"entryId":"1","event":{"a":1},"contentType":"application/json","metadata":{"ttlInSeconds":"5"}}"""
            + """,{"entryID":"2","event":"text","contentType":"text/plain"}]""",
    ];

    private static readonly string[] Bindings =
    [
        """{"operation":"create","data":"x","metadata":{"fileName":"f"}}""",
        """{"operation":"get","metadata":{"fileName":"f"}}""",
        """{"operation":"list"}""",
    ];

    private static readonly string[] Locks = ["""{"resourceId":"r","lockOwner":"o","expiryInSeconds":5}"""];

    private static readonly string[] Names = ["Echo", "Control", "Unknown", "dapr.internal.x"];

    public static readonly IReadOnlyList<Route> All =
    [
        Of("GET", "v1.0/state", [Words.Stores, Words.Keys], Metadata),
        Of("DELETE", "v1.0/state", [Words.Stores, Words.Keys], Metadata),
        Of("POST", "v1.0/state", [Words.Stores], Metadata, Saves),
        Of("PUT", "v1.0/state", [Words.Stores], Metadata, Saves),
        Of("POST", "v1.0/state", [Words.Stores, ["bulk"]], Metadata, """{"keys":["k","a","b"],"parallelism":2,"metadata":{"a":"b"}}"""),
        Of("POST", "v1.0/state", [Words.Stores, ["transaction"]], Metadata, Transactions),
        Of(
            "POST",
            "v1.0-alpha1/state",
            [Words.Stores, ["query"]],
            [],
            """{"filter":{"EQ":{"a":1}},"sort":[{"key":"a","order":"ASC"}],"page":{"limit":1,"token":"x"}}"""
        ),
        Of("POST", "v1.0/publish", [Words.PubSubs, Words.Topics], Metadata, Events),
        Of("PUT", "v1.0/publish", [Words.PubSubs, Words.Topics, ["sub"]], Metadata, Events),
        Of("POST", "v1.0/publish/bulk", [Words.PubSubs, Words.Topics], Metadata, BulkEvents),
        Of("POST", "v1.0-alpha1/publish/bulk", [Words.PubSubs, Words.Topics], Metadata, BulkEvents),
        Of(
            "POST",
            "v1.0/bindings",
            [
                ["files"],
            ],
            [],
            Bindings
        ),
        Of(
            "GET",
            "v1.0/secrets",
            [
                ["env", "file"],
                ["PATH", "user", "nested:a"],
            ],
            Metadata
        ),
        Of(
            "GET",
            "v1.0/secrets",
            [
                ["env", "file"],
                ["bulk"],
            ],
            Metadata
        ),
        Of(
            "GET",
            "v1.0/configuration",
            [
                ["c"],
            ],
            ["key=a", "key=a&key=b", "key="]
        ),
        Of(
            "GET",
            "v1.0-alpha1/configuration",
            [
                ["c"],
                ["subscribe"],
            ],
            ["key=a", "key="]
        ),
        Of(
            "GET",
            "v1.0/configuration",
            [
                ["c"],
                ["none"],
                ["unsubscribe"],
            ],
            []
        ),
        Of(
            "POST",
            "v1.0-alpha1/lock",
            [
                ["l"],
            ],
            [],
            Locks
        ),
        Of(
            "POST",
            "v1.0-alpha1/unlock",
            [
                ["l"],
            ],
            [],
            Locks
        ),
        Of("GET", "v1.0/metadata", [], []),
        Of("PUT", "v1.0/metadata", [Words.Keys], [], "7"),
        Of("GET", "v1.0/healthz", [], ["appid=tested", "appid=other"]),
        Of("GET", "v1.0/healthz/outbound", [], []),
        Of("POST", "v1.0/invoke", [Words.Apps, ["method"], ["on", "status", "a%20b"], ["404", "x"]], ["a=b&c", "%zz"], Events),
        Of("GET", "v1.0/invoke", [Words.Apps, ["method"], ["on"]], ["a=b&c"]),
        Of(
            "POST",
            "v1.0/workflows/dapr",
            [Names, ["start"]],
            ["instanceID=w1", "instanceID=w2", "instanceID=%7C", "instanceID=" + new string('w', 70)],
            "7",
            """{"a":1}"""
        ),
        Of("GET", "v1.0/workflows/dapr", [Words.Instances], []),
        Of("POST", "v1.0-beta1/workflows/dapr", [Words.Instances, ["raiseEvent"], ["e", "note"]], [], "1"),
        Of("POST", "v1.0-alpha1/workflows/dapr", [Words.Instances, ["terminate", "pause", "resume", "purge", "unknown"]], [], "{}", """{"a":1}"""),
    ];

    private static Route Of(
        string verb,
        string prefix,
        IReadOnlyList<IReadOnlyList<string>> names,
        IReadOnlyList<string> queries,
        params string[] bodies
    ) => new(verb, [.. prefix.Split('/').Select(word => (IReadOnlyList<string>)[word]), .. names], queries, bodies);
}
