//! What needs a real connection: the OCI conformance program on both engines, and refusals while a client sends.

use super::world::{ADMIN, PASSWORD, World};
use axum::extract::Request;
use axum::middleware::{self, Next};
use packyard_testkit::peer_or_skip;
use std::process::Command;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

async fn as_local_peer(mut request: Request, next: Next) -> axum::response::Response {
    request.extensions_mut().insert(World::peer());
    next.run(request).await
}

/// Over a real connection: without reading on, the refusal would reach the client as a reset.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_still_sending_hears_why_it_is_refused() {
    let world = World::one().await;
    let address = listen(&world).await;
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let length = 8 * 1024 * 1024;
    let head = format!(
        "PUT /v2/a/blobs/uploads/x HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n",
        super::world::basic("nobody", "wrong")
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![0; length]).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 401") && reply.contains("UNAUTHORIZED"), "{reply}");
}

async fn listen(world: &World) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = world.router().layer(middleware::from_fn(as_local_peer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn the_conformance_program_finds_no_failure() {
    let Some(program) = peer_or_skip("conformance", "the OCI conformance program") else { return };
    for world in World::all().await {
        let address = listen(&world).await;
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
