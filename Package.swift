// swift-tools-version: 6.2

import PackageDescription

/// Every Swift target is held to the same rules: Swift 6 concurrency, explicit imports, explicit
/// existentials, unsafe code marked as such, and no warning left standing.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "leftd",
  products: [
    .executable(name: "leftd", targets: ["leftd"]),
    .library(name: "Watcher", targets: ["Watcher"]),
  ],
  targets: [
    // What Swift cannot import by itself.
    .target(name: "CLinux"),
    .target(name: "CBLAKE3", cSettings: [.unsafeFlags(["-O3"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "COpenSSLSystem", path: "Sources/COpenSSL/System", pkgConfig: "openssl",
      providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .target(name: "COpenSSL", dependencies: ["COpenSSLSystem"], exclude: ["System"]),
    .systemLibrary(
      name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    .systemLibrary(name: "CInih", pkgConfig: "inih", providers: [.apt(["libinih-dev"])]),

    // The rooms, in the order in which a change passes through them.
    .target(name: "SyncCore", swiftSettings: strict),
    .target(name: "Watcher", dependencies: ["SyncCore", "CLinux"], swiftSettings: strict),
    .target(
      name: "SyncEngine",
      dependencies: [
        "SyncCore", "Watcher", "CLinux", "CBLAKE3", "CSQLite", "CZlib", "CZstd", "COpenSSL",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "leftd",
      dependencies: ["SyncCore", "Watcher", "SyncEngine", "CLinux", "CSystemd", "CInih"],
      swiftSettings: strict),
    .target(name: "Simulation", dependencies: ["SyncCore", "SyncEngine", "Watcher"], swiftSettings: strict),
    .executableTarget(
      name: "leftd-bench",
      dependencies: ["SyncCore", "Watcher", "SyncEngine", "CLinux", "CSQLite", "CZlib", "CZstd"],
      swiftSettings: strict),
    .executableTarget(name: "leftd-sim", dependencies: ["Simulation"], swiftSettings: strict),

    .testTarget(name: "SyncCoreTests", dependencies: ["SyncCore"], swiftSettings: strict),
    .testTarget(
      name: "WatcherTests", dependencies: ["Watcher", "SyncCore", "SyncEngine", "CLinux", "Simulation"],
      resources: [.copy("Cases")], swiftSettings: strict),
    .testTarget(
      name: "SyncEngineTests",
      dependencies: ["SyncEngine", "SyncCore", "CLinux", "CBLAKE3"],
      resources: [.copy("Vectors")], swiftSettings: strict),
    .testTarget(
      name: "SimulationTests", dependencies: ["Simulation", "SyncEngine", "SyncCore", "Watcher", "CLinux"],
      resources: [.copy("Cases")], swiftSettings: strict),
    .testTarget(
      name: "LeftdTests", dependencies: ["leftd", "SyncEngine", "SyncCore", "CLinux"],
      swiftSettings: strict),
    .testTarget(name: "TidyTests", swiftSettings: strict),
  ]
)
