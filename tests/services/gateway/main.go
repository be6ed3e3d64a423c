// Command gateway stands before another service as an API server of Kubernetes
// does: TLS, HTTP/2, a token, and the paths /api/v1/namespaces/NS/pods/POD:PORT/proxy/.
// It makes its certificates anew at each start. See ../README.md.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"

	"gmptop.test/services/internal/proc"
)

type options struct {
	to, dir, cert, bearerFile, userFile string
	clientCert                          bool
}

func main() {
	var o options
	listen := flag.String("listen", "127.0.0.1:0", "`address` to serve on; port 0 takes a free one")
	flag.StringVar(&o.to, "to", "", "`URL` of the service behind it")
	flag.StringVar(&o.dir, "dir", "", "`folder` that gets ca.pem, client.pem (certificate and key)")
	flag.StringVar(&o.cert, "cert", "good", "its certificate: good, expired, or for another name (other)")
	flag.StringVar(&o.bearerFile, "bearer-file", "", "`file` with the token to ask for; read for each request")
	flag.StringVar(&o.userFile, "user-file", "", "`file` with user:password to ask for")
	flag.BoolVar(&o.clientCert, "client-cert", false, "ask for a certificate that ca.pem signed")
	life := proc.Flags()
	flag.Parse()
	life.Begin()

	config, err := tlsConfig(&o)
	if err != nil {
		proc.Fail("gateway", err)
	}
	to, err := url.Parse(o.to)
	if err != nil {
		proc.Fail("gateway", err)
	}
	ln, at, err := proc.Listen(*listen)
	if err != nil {
		proc.Fail("gateway", err)
	}
	server := &http.Server{
		Handler:   &gateway{o: &o, behind: httputil.NewSingleHostReverseProxy(to), seen: map[string]int{}},
		TLSConfig: config,
		ErrorLog:  log.New(io.Discard, "", 0),
	}
	go server.ServeTLS(ln, "", "")
	proc.Ready("gateway", strings.Replace(at, "http:", "https:", 1))
	life.Wait()
}

func tlsConfig(o *options) (*tls.Config, error) {
	ca, err := newAuthority()
	if err != nil {
		return nil, err
	}
	server, err := ca.server(o.cert)
	if err != nil {
		return nil, err
	}
	if err := ca.write(o.dir); err != nil {
		return nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{*server}}
	if o.clientCert {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AddCert(ca.cert)
	}
	return config, nil
}

type gateway struct {
	o      *options
	behind http.Handler

	mu   sync.Mutex
	seen map[string]int // requests by protocol
}

// ServeHTTP lets through what has the token, below the path of the pod; what
// came is told at /seen.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	if r.URL.Path == "/seen" {
		json.NewEncoder(w).Encode(g.seen)
		g.mu.Unlock()
		return
	}
	g.seen[r.Proto]++
	g.mu.Unlock()
	if !g.allows(r) {
		status(w, http.StatusUnauthorized, "Unauthorized")
		return
	}
	part := strings.SplitN(r.URL.Path, "/", 9) // "", api, v1, namespaces, NS, pods, POD, proxy, rest
	if len(part) < 8 || part[1] != "api" || part[5] != "pods" || part[7] != "proxy" {
		status(w, http.StatusNotFound, "the server could not find the requested resource")
		return
	}
	if !strings.Contains(part[6], ":") {
		status(w, http.StatusServiceUnavailable, "no endpoints available for port")
		return
	}
	r.URL.Path = "/" + strings.Join(part[8:], "/")
	r.Header.Del("Authorization")
	g.behind.ServeHTTP(w, r)
}

func (g *gateway) allows(r *http.Request) bool {
	if g.o.bearerFile != "" && r.Header.Get("Authorization") != "Bearer "+secret(g.o.bearerFile) {
		return false
	}
	if g.o.userFile != "" {
		name, password, ok := r.BasicAuth()
		return ok && name+":"+password == secret(g.o.userFile)
	}
	return true
}

func secret(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "\x00" // that nobody can send
	}
	return strings.TrimSpace(string(b))
}

// status answers as an API server does.
func status(w http.ResponseWriter, code int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(map[string]any{
		"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code,
	})
}
