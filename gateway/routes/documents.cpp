// Money is turned where it stands, whatever the document is about.
#include "documents.hpp"

namespace tix::gateway {
namespace {

// The depth is that of a document of ours, never of what a stranger sent.
void turn_money(Json& node) {
    if (node.is_object() && node.size() == 2 && node.contains("minor") &&
        node.contains("currency")) {
        node = money(node["minor"].get<std::int64_t>(), node["currency"].get<std::string>());
        return;
    }
    if (!node.is_structured()) return;
    for (auto& part : node)
        turn_money(part);
}

}  // namespace

Json document_of(std::string_view stored) {
    Json document = Json::parse(stored);
    turn_money(document);
    return document;
}

HttpResponse document(const Call& call, const DbResult& row) {
    return answer(call, document_of(row.text(0, 0)));
}

HttpResponse documents(const Call& call, const DbResult& rows, const Page& page) {
    Json list = Json::array();
    for (int i = 0; i < rows.rows(); ++i)
        list.push_back(document_of(rows.text(i, 1)));
    return answer(call, std::move(list), 200, page.next(rows));
}

HttpResponse made(const Call& call, const char* name, std::string_view id,
                  const std::string& location) {
    HttpResponse response = answer(call, {{name, id}}, 201);
    response.headers.emplace_back("Location", location + std::string(id));
    return response;
}

HttpResponse done() {
    HttpResponse response;
    response.status = 204;
    return response;
}

HttpResponse done_if(const DbResult& row) {
    if (!row.flag(0, 0)) throw ProblemError(make_problem("not_found"));
    return done();
}

}  // namespace tix::gateway
