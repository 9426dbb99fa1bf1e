//! The OCI conformance program against the router on a loopback port, on both engines.

use super::world::{ADMIN, PASSWORD, World};
use axum::extract::Request;
use axum::middleware::{self, Next};
use packyard_testkit::peer_or_skip;
use std::process::Command;

async fn as_local_peer(mut request: Request, next: Next) -> axum::response::Response {
    request.extensions_mut().insert(World::peer());
    next.run(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_conformance_program_finds_no_failure() {
    let Some(program) = peer_or_skip("conformance", "the OCI conformance program") else { return };
    for world in World::all().await {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = world.router().layer(middleware::from_fn(as_local_peer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let mut command = Command::new(&program.path);
        command
            .env("OCI_REGISTRY", address.to_string())
            .env("OCI_TLS", "disabled")
            .env("OCI_REPO1", "conformance/one")
            .env("OCI_REPO2", "conformance/two")
            .env("OCI_USERNAME", ADMIN)
            .env("OCI_PASSWORD", PASSWORD)
            .env("OCI_VERSION", "1.1")
            .env("OCI_RESULTS_DIR", world.folder().join("results"))
            .current_dir(world.folder());
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}: {text}\n{}", world.engine, String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("Referrers.....................:       Pass"), "{}: {text}", world.engine);
    }
}
